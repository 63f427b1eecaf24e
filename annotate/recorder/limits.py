"""How many bytes one request may bring."""

from __future__ import annotations

import os

from annotate.recorder.errors import RequestError

MAX_BYTES = 25 * 2**20
"""Of one recording: over an hour of speech at 48 kbit/s, two minutes of WAV."""
MAX_META_BYTES = 8 * 2**20
"""Of what comes with it; nearly all of it is the trace. As much as ingest accepts."""
FORM_BYTES = 64 * 2**10
"""For the form around them."""
MAX_MEDIA_BYTES = 64 * 2**20
"""Of one sound or image that reviewers are shown."""
MAX_API_BYTES = 8 * 2**20
"""Of any other request of an annotator or a reviewer: an annotation has a few kilobytes."""


def max_bytes() -> int:
    """The most bytes that one recording may have; `ANNOTATE_MAX_BYTES` sets it."""
    return int(os.environ.get("ANNOTATE_MAX_BYTES", MAX_BYTES))


def check_length(declared: str | None, most: int) -> None:
    """Refuse a body of more than `most` bytes by what its header says, before any of it is read.

    A server never reads more than `Content-Length`, so a header that lies cuts its own body off.

    Raises:
        RequestError: 400 `length_required`, 413 `too_large`.
    """
    if length_of(declared) > most:
        raise too_large(most)


def length_of(declared: str | None) -> int:
    """How many bytes a body has, by its header.

    Raises:
        RequestError: 400 `length_required`, if the header isn't there or holds no number.
    """
    if declared is None or not declared.isascii() or not declared.isdecimal():
        raise RequestError(400, "length_required", "Send a Content-Length.")
    # Python refuses to read numbers of thousands of digits.
    return int(declared[:19])


def upload_bytes() -> int:
    """The most bytes of the request that brings a recording."""
    return max_bytes() + MAX_META_BYTES + FORM_BYTES


def too_large(most: int) -> RequestError:
    """The refusal of what has more than `most` bytes."""
    return RequestError(413, "too_large", f"It may have {most / 2**20:.0f} MB at most.")

"""Size limits of requests, in bytes."""

from __future__ import annotations

import os

from annotate.recorder.errors import RequestError

MAX_BYTES = 25 * 2**20
"""Of one recording: over an hour of speech at 48 kbit/s, or two minutes of WAV."""
MAX_META_BYTES = 8 * 2**20
"""Of a recording's metadata, mostly the trace. The same limit as in ingest."""
FORM_BYTES = 64 * 2**10
"""Of the multipart form's own data."""
MAX_MEDIA_BYTES = 64 * 2**20
"""Of one audio file or image for reviewers."""
MAX_API_BYTES = 8 * 2**20
"""Of any other request of an annotator or reviewer; an annotation has a few kilobytes."""


def max_bytes() -> int:
    """Maximum size of a recording; `ANNOTATE_MAX_BYTES` sets it."""
    return int(os.environ.get("ANNOTATE_MAX_BYTES", MAX_BYTES))


def check_length(declared: str | None, most: int) -> None:
    """Reject a body of more than `most` bytes by its declared length, before it is read.

    The server never reads more than `Content-Length`, so a wrong header only truncates the body.

    Raises:
        RequestError: 400 `length_required`, 413 `too_large`.
    """
    if length_of(declared) > most:
        raise too_large(most)


def length_of(declared: str | None) -> int:
    """A body's declared length in bytes.

    Raises:
        RequestError: 400 `length_required`, if the header is missing or not a number.
    """
    if declared is None or not declared.isascii() or not declared.isdecimal():
        raise RequestError(400, "length_required", "Send a Content-Length.")
    # Python's int() raises an error for numbers of thousands of digits.
    return int(declared[:19])


def upload_bytes() -> int:
    """Maximum size of the request that uploads a recording."""
    return max_bytes() + MAX_META_BYTES + FORM_BYTES


def too_large(most: int) -> RequestError:
    """The error for a body of more than `most` bytes."""
    return RequestError(413, "too_large", f"It may have {most / 2**20:.0f} MB at most.")

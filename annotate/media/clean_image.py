"""Clean copies of a lake's images, as used for reviewers and releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from annotate.media.images import Picture, examine
from annotate.media.isolation import Limits, run_isolated
from annotate.model.ids import sha256_hex

LIMITS = Limits(cpu_seconds=60, memory_bytes=3 * 2**30)
"""Limits for opening one image: the largest allowed ones take about 2 GiB."""


class Blobs(Protocol):
    """Content-addressed storage, implemented by `annotate.store.blobs.Blobs`."""

    def get(self, key: str) -> bytes:
        """The bytes stored under a key."""

    def put(self, kind: str, data: bytes, suffix: str) -> str:
        """Store bytes and return their key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanCopy:
    """An image's clean copy in the lake; its size is that of the upright image."""

    blob: str
    sha256: str
    bytes: int
    width: int
    height: int


def open_image(data: bytes) -> Picture:
    """`examine` in a separate process, under `LIMITS`.

    Raises:
        RejectedError: As raised by `examine`; `too_slow`, `too_much_memory` or `decoder_crashed`.
    """
    return run_isolated(examine, data, limits=LIMITS)


def put_clean(blobs: Blobs, picture: Picture) -> CleanCopy:
    """Store an image's clean copy; if the original is clean, that is the same blob."""
    return CleanCopy(
        blob=blobs.put("images", picture.clean, picture.suffix),
        sha256=sha256_hex(picture.clean),
        bytes=len(picture.clean),
        width=picture.width,
        height=picture.height,
    )


def clean_copy(blobs: Blobs, image: Mapping[str, Any]) -> CleanCopy:
    """The clean copy of an image, given its row in `images`; created if the row has none.

    Raises:
        RejectedError: The original is not an accepted image any more.
        AnnotateError: The original is missing from the lake.
    """
    if image["clean_blob"] is None:
        return put_clean(blobs, open_image(blobs.get(image["blob"])))
    return CleanCopy(
        blob=image["clean_blob"],
        sha256=image["clean_sha256"],
        bytes=image["clean_bytes"],
        width=image["width"],
        height=image["height"],
    )

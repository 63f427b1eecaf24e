"""What the readers of picture files have in common: the file without what is not picture."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.model.errors import RejectedError


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """A picture's file, cut down to what its pixels and colours need.

    Attributes:
        data: The file without EXIF, XMP, IPTC, maker notes, comments, thumbnails, further pictures
            and whatever follows the picture's end. The coded pixels are those of the original.
        width: As coded, before turning; `height` likewise.
        orientation: How browsers turn it, as EXIF counts: 1 is upright, 5 to 8 swap the sides.
    """

    data: bytes
    width: int
    height: int
    orientation: int = 1


def damaged(kind: str, cause: str) -> RejectedError:
    """The refusal of a file that is broken."""
    return RejectedError("bad_image", f"a damaged {kind}: {cause}; export the picture again")


def cut_off(kind: str) -> RejectedError:
    """The refusal of a file that ends too early."""
    return damaged(kind, "the file ends before the picture does, so it was cut off on its way")


def animated(kind: str) -> RejectedError:
    """The refusal of a file with several pictures that are shown in turn."""
    return RejectedError("animated_image", f"an animated {kind}: save one of its pictures alone")

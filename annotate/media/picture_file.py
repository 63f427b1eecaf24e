"""Result type and errors that the readers of image files share."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.model.errors import RejectedError


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """An image file with only its pixels and colour information.

    Attributes:
        data: The file without EXIF, XMP, IPTC, maker notes, comments, thumbnails, further images
            and any bytes after the image. The coded pixels are those of the original.
        width, height: Size as coded, before rotation.
        orientation: EXIF orientation that browsers apply: 1 is upright, 5 to 8 swap the sides.
    """

    data: bytes
    width: int
    height: int
    orientation: int = 1


def damaged(kind: str, cause: str) -> RejectedError:
    """The rejection of a damaged file."""
    return RejectedError("bad_image", f"a damaged {kind}: {cause}; export the picture again")


def cut_off(kind: str) -> RejectedError:
    """The rejection of a truncated file."""
    return damaged(kind, "the file ends before the picture does, so it was cut off on its way")


def animated(kind: str) -> RejectedError:
    """The rejection of an animated image."""
    return RejectedError("animated_image", f"an animated {kind}: save one of its pictures alone")

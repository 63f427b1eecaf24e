"""Pictures: checked, measured as people see them, and made clean of what isn't picture.

What a source sends is kept as received. Whatever leaves the lake, for reviewers or in a release,
is the *clean copy*: the same picture upright, in a file that says nothing of places, devices,
times or people.

- A file that needs no change keeps its coded pixels: what isn't picture is cut out of it.
- One that EXIF turns is turned and coded anew, because the turn would be lost with the EXIF block:
  PNG without loss, JPEG with its own quantization tables (2 in 255 apart on average, or less).
- A grey picture of 16 bits becomes one of 8 bits, as browsers show it: Pillow, and so most of what
  reads a dataset, takes every shade above 255 for white.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms, JpegImagePlugin

from annotate.media.image_kinds import ACCEPTED, kind_of
from annotate.media.jpeg import read_jpeg
from annotate.media.picture_file import PictureFile, damaged
from annotate.media.png import read_png, with_colours_of
from annotate.media.webp import read_webp
from annotate.model.errors import RejectedError

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded: one takes four bytes a pixel, or more."""

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
JPEG_QUALITY = 95
"""Of a turned JPEG whose own tables can't be used."""

_READERS = {"JPEG": read_jpeg, "PNG": read_png, "WEBP": read_webp}
_NAMES = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SQUARE_SAMPLING = (0, 2)
"""Chroma samplings that a quarter turn leaves as they are: 4:4:4 and 4:2:0, as Pillow counts."""

_SHADES = ((np.arange(65_536) * 255 + 32_895) >> 16).astype(np.uint8)
"""The 8-bit shade nearest to each one of 16 bits."""

# Sizes are checked here, before Pillow sees a file; its own check would warn of smaller ones.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What an image's own bytes say of it.

    Attributes:
        suffix: For its blob; `media_type` likewise.
        width: In pixels, upright, as people see it; `height` likewise.
        clean: The bytes of the clean copy, of the same kind.
    """

    suffix: str
    media_type: str
    width: int
    height: int
    clean: bytes


def examine(data: bytes) -> Picture:
    """Check an image by decoding it once, measure it, and make its clean copy.

    Raises:
        RejectedError: `empty_file`; `bad_image`, if it isn't a whole JPEG, PNG or WebP;
            `animated_image`; `too_many_pixels`.
    """
    kind = _kind(data)
    file = _READERS[kind](data)
    _check_size(file)
    image = _decoded(file.data, kind)
    if image.size != (file.width, file.height):
        raise damaged(_NAMES[kind], "its headers disagree about its size")
    upright = _upright(image, file.orientation)
    changed = _as_8_bits(upright)
    clean = file.data if changed is image else _encoded(changed, kind, image, file)
    return Picture(
        suffix=SUFFIXES[kind],
        media_type=Image.MIME[kind],
        width=changed.width,
        height=changed.height,
        clean=clean,
    )


def to_srgb(clean: bytes) -> Image.Image:
    """A clean copy's pixels in sRGB, transparency laid on white: as a browser shows it on a page.

    Raises:
        RejectedError: `empty_file` or `bad_image`.
    """
    image = _as_8_bits(_decoded(clean, _kind(clean)))
    profile = image.info.get("icc_profile")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    elif image.mode not in ("RGB", "CMYK", "L"):
        image = image.convert("RGB")
    if profile:
        image = _by_profile(image, profile)
    return image.convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB by its profile; as it is, if the profile is for something else."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        to = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, to, outputMode="RGB") or image
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image


def _kind(data: bytes) -> str:
    if not data:
        raise RejectedError("empty_file", "the file has no bytes: the upload never arrived")
    kind = kind_of(data)
    if kind not in _READERS:
        raise RejectedError("bad_image", f"{kind}: an image is a {ACCEPTED}; save it as one")
    return kind


def _check_size(file: PictureFile) -> None:
    if not file.width or not file.height:
        raise RejectedError(
            "bad_image", f"{file.width} x {file.height} pixels: there is nothing to see"
        )
    if file.width * file.height > MAX_PIXELS:
        raise RejectedError(
            "too_many_pixels",
            f"{file.width:,} x {file.height:,} pixels, {MAX_PIXELS:,} are allowed: make it smaller",
        )


def _decoded(data: bytes, kind: str) -> Image.Image:
    """The picture, decoded in full."""
    name = _NAMES.get(kind, kind)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.load()
            return image
    except MemoryError as error:
        raise RejectedError("too_many_pixels", f"a {name} that takes too much memory") from error
    except Exception as error:  # what a parser makes of a stranger's file is anybody's guess
        # Pillow's word for a file that it cannot read names an object in memory.
        cause = "it cannot be read" if "BytesIO" in str(error) else str(error)
        raise damaged(name, cause or type(error).__name__) from error


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _as_8_bits(image: Image.Image) -> Image.Image:
    """A grey picture of more than 8 bits as browsers show it; others as they are."""
    if not image.mode.startswith("I"):
        return image
    shades = np.asarray(image)
    grey = Image.fromarray(_SHADES[shades])
    clear = image.info.get("transparency")
    if isinstance(clear, int):  # one of the shades stands for transparency
        grey.putalpha(Image.fromarray((shades != clear).astype(np.uint8) * 255))
    return grey


def _encoded(image: Image.Image, kind: str, original: Image.Image, file: PictureFile) -> bytes:
    """The changed picture in the original's kind of file, with its colours' description."""
    packed = io.BytesIO()
    profile = original.info.get("icc_profile")
    if kind == "JPEG":
        image.save(packed, kind, icc_profile=profile, **_jpeg_options(original, image))
        return packed.getvalue()
    image.save(packed, kind, icc_profile=None)
    return with_colours_of(file.data, packed.getvalue())


def _jpeg_options(original: Image.Image, turned: Image.Image) -> dict[str, Any]:
    """The original's own quantization tables, so that little changes.

    A quarter turn swaps the two directions of a table, too.
    """
    tables: dict[int, list[int]] = getattr(original, "quantization", {})
    values = [value for table in tables.values() for value in table]
    if not values or max(values) > 255 or original.mode not in ("L", "RGB"):
        return {"quality": JPEG_QUALITY, "subsampling": 0}
    if original.size != turned.size:
        tables = {
            number: [table[8 * column + row] for row in range(8) for column in range(8)]
            for number, table in tables.items()
        }
    sampling = JpegImagePlugin.get_sampling(original)
    square = sampling if sampling in _SQUARE_SAMPLING else 0
    return {"qtables": tables, "subsampling": square}

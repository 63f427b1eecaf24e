"""Images: validation, upright size, and clean copies without metadata.

A source's file is stored as received. Reviewers and releases get the *clean copy*: the same image
upright, in a file without information on places, devices, times or people.

- If the pixels need no change, the coded pixels are copied, and metadata is cut out of the file.
- An image with an EXIF orientation is rotated and encoded again, because the orientation would be
  lost with the EXIF block: PNG without loss, JPEG with its own quantization tables (a difference of
  2 in 255 on average, or less).
- A grey image of 16 bits is converted to 8 bits, as browsers show it: Pillow, and so most programs
  that read datasets, converts every shade above 255 to white.
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
"""Larger images are rejected before decoding, which takes at least four bytes per pixel."""

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
JPEG_QUALITY = 95
"""Quality of a rotated JPEG whose own tables can't be used."""

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
"""Pillow's numbers of the chroma samplings that a quarter turn preserves: 4:4:4 and 4:2:0."""

_SHADES = ((np.arange(65_536) * 255 + 32_895) >> 16).astype(np.uint8)
"""The nearest 8-bit shade of each 16-bit shade."""

# Sizes are checked before Pillow opens a file; its own check would warn of smaller images.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image's properties and clean copy, from its bytes.

    Attributes:
        suffix: File name extension of its blob.
        media_type: Media type of its blob.
        width, height: Size of the upright image in pixels.
        clean: The bytes of the clean copy, in the same file format.
    """

    suffix: str
    media_type: str
    width: int
    height: int
    clean: bytes


def examine(data: bytes) -> Picture:
    """Validate an image by decoding it once, and create its clean copy.

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
    """A clean copy's pixels in sRGB, composited on white, as a browser shows it on a page.

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
    """The image converted to sRGB by its profile; unchanged if the profile doesn't match."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode="RGB") or image
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
    """The image, decoded in full."""
    name = _NAMES.get(kind, kind)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.load()
            return image
    except MemoryError as error:
        raise RejectedError("too_many_pixels", f"a {name} that takes too much memory") from error
    except Exception as error:  # untrusted bytes can cause any error in a parser
        # Pillow's message for an unreadable file contains the address of an object.
        cause = "it cannot be read" if "BytesIO" in str(error) else str(error)
        raise damaged(name, cause or type(error).__name__) from error


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _as_8_bits(image: Image.Image) -> Image.Image:
    """A grey image of more than 8 bits converted to 8 bits as in browsers; others unchanged."""
    if not image.mode.startswith("I"):
        return image
    shades = np.asarray(image)
    grey = Image.fromarray(_SHADES[shades])
    clear = image.info.get("transparency")
    if isinstance(clear, int):  # one of the shades is transparent
        grey.putalpha(Image.fromarray((shades != clear).astype(np.uint8) * 255))
    return grey


def _encoded(image: Image.Image, kind: str, original: Image.Image, file: PictureFile) -> bytes:
    """The changed image in the original's file format, with its colour information."""
    packed = io.BytesIO()
    profile = original.info.get("icc_profile")
    if kind == "JPEG":
        image.save(packed, kind, icc_profile=profile, **_jpeg_options(original, image))
        return packed.getvalue()
    image.save(packed, kind, icc_profile=None)
    return with_colours_of(file.data, packed.getvalue())


def _jpeg_options(original: Image.Image, rotated: Image.Image) -> dict[str, Any]:
    """Options with the original's quantization tables, so that pixels change little.

    A quarter turn also transposes the tables.
    """
    tables: dict[int, list[int]] = getattr(original, "quantization", {})
    values = [value for table in tables.values() for value in table]
    if not values or max(values) > 255 or original.mode not in ("L", "RGB"):
        return {"quality": JPEG_QUALITY, "subsampling": 0}
    if original.size != rotated.size:
        tables = {
            number: [table[8 * column + row] for row in range(8) for column in range(8)]
            for number, table in tables.items()
        }
    sampling = JpegImagePlugin.get_sampling(original)
    square = sampling if sampling in _SQUARE_SAMPLING else 0
    return {"qtables": tables, "subsampling": square}

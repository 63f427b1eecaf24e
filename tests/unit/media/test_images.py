"""Images are accepted or rejected by their bytes; their size is that after rotation."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from annotate.media import images
from annotate.media.clean_image import open_image
from annotate.media.images import examine, to_srgb
from annotate.model.errors import RejectedError
from tests import pictures
from tests.pictures import a_picture, chunk, encoded, planted_jpeg, planted_png, planted_webp

CORNERS = ((2, 2), (-3, 2), (2, -3), (-3, -3))


def corners(data: bytes) -> list[tuple[int, ...]]:
    """The colours near the corners, coarsely: top left, top right, bottom left, bottom right."""
    image = to_srgb(data)
    width, height = image.size
    found = [image.getpixel((x % width, y % height)) for x, y in CORNERS]
    return [tuple(round(value / 64) for value in colour) for colour in found]  # type: ignore[union-attr]


def cmyk() -> bytes:
    return encoded("JPEG", a_picture("CMYK"))


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (encoded("JPEG"), "jpg"),
        (encoded("JPEG", progressive=True), "jpg"),
        (encoded("JPEG", a_picture("L")), "jpg"),
        (cmyk(), "jpg"),
        (planted_jpeg(), "jpg"),
        (pictures.two_pictures(), "jpg"),
        (encoded("PNG"), "png"),
        (encoded("PNG", a_picture("1")), "png"),
        (encoded("PNG", a_picture("P"), transparency=0), "png"),
        (encoded("PNG", a_picture("RGBA")), "png"),
        (encoded("PNG", a_picture("LA")), "png"),
        (pictures.grey_16(), "png"),
        (planted_png(), "png"),
        (encoded("WEBP"), "webp"),
        (encoded("WEBP", lossless=True), "webp"),
        (encoded("WEBP", a_picture("RGBA")), "webp"),
        (planted_webp(), "webp"),
    ],
)
def test_images_that_browsers_show_are_accepted(data: bytes, suffix: str) -> None:
    picture = open_image(data)
    assert (picture.suffix, picture.width, picture.height) == (suffix, 48, 32)
    assert picture.media_type == f"image/{suffix.replace('jpg', 'jpeg')}"


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def with_wrong_checksum() -> bytes:
    plain = bytearray(encoded("PNG"))
    plain[plain.index(b"IDAT") + 10] ^= 1
    return bytes(plain)


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "empty_file", "no bytes"),
        (b"hello there", "bad_image", "no picture: an image is a JPEG, PNG or WebP"),
        (encoded("GIF"), "bad_image", "a GIF: an image is"),
        (pictures.animated("GIF"), "bad_image", "a GIF"),
        (encoded("TIFF"), "bad_image", "TIFF"),
        (encoded("BMP"), "bad_image", "a BMP"),
        (b"<svg onload=alert(1)></svg>", "bad_image", "an SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "bad_image", "an SVG"),
        (b"%PDF-1.7\n" + encoded("JPEG"), "bad_image", "a PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "bad_image", "a HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "bad_image", "an AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "bad_image", "an MP4"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "bad_image", "a WAV"),
        (b"<!DOCTYPE html><p>404", "bad_image", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "bad_image", "git lfs pull"),
        (b"PK\x03\x04" + encoded("PNG"), "bad_image", "a ZIP"),
        (half(encoded("JPEG")), "bad_image", "cut off"),
        (encoded("JPEG")[:-2], "bad_image", "cut off"),
        (half(encoded("PNG")), "bad_image", "cut off"),
        (encoded("PNG")[:-12], "bad_image", "cut off"),
        (half(encoded("WEBP")), "bad_image", "cut off"),
        (b"\xff\xd8\xff\xd9", "bad_image", "no picture in it"),
        (with_wrong_checksum(), "bad_image", "checksum"),
        (pictures.animated("PNG"), "animated_image", "an animated PNG"),
        (pictures.animated("WEBP"), "animated_image", "an animated WebP"),
        (pictures.an_empty_png(14_000, 14_000), "too_many_pixels", "14,000 x 14,000"),
        (pictures.an_empty_png(2**31 - 1, 2**31 - 1), "too_many_pixels", "make it smaller"),
        (pictures.an_empty_png(0, 30), "bad_image", "nothing to see"),
        (pictures.an_empty_png(30, 30), "bad_image", "a damaged PNG"),
    ],
)
def test_a_rejection_has_a_reason_and_a_detail(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(RejectedError) as rejection:
        open_image(data)
    assert rejection.value.reason == reason
    assert words in rejection.value.detail
    assert "0x" not in rejection.value.detail
    assert "BytesIO" not in rejection.value.detail


def test_too_many_pixels_are_rejected_before_decoding() -> None:
    """14,000 by 14,000 pixels of one colour: 25 kB as a file, and 784 MB decoded."""
    row = zlib.compressobj()
    packed = b"".join(row.compress(b"\0" * 1_751) for _ in range(14_000)) + row.flush()
    header = struct.pack(">IIBBBBB", 14_000, 14_000, 1, 0, 0, 0, 0)
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    with pytest.raises(RejectedError, match="too_many_pixels"):
        examine(b"\x89PNG\r\n\x1a\n" + whole)


def test_the_maximum_number_of_pixels_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 48 * 32)
    assert examine(encoded("PNG")).width == 48
    monkeypatch.setattr(images, "MAX_PIXELS", 48 * 32 - 1)
    with pytest.raises(RejectedError, match="too_many_pixels"):
        examine(encoded("PNG"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "JPEG in grey", "JPEG in CMYK", "PNG"])
def test_size_and_pixels_are_those_of_the_rotated_image(kind: str, orientation: int) -> None:
    """The rotated file is created from an upright image by the inverse rotation."""
    mode = {"JPEG in grey": "L", "JPEG in CMYK": "CMYK"}.get(kind, "RGB")
    upright = a_picture(mode)
    back = {6: 8, 8: 6}.get(orientation, orientation)
    turn = images._TURNS.get(back)
    stored = upright.transpose(turn) if turn is not None else upright
    make = planted_png if kind == "PNG" else planted_jpeg
    picture = examine(make(orientation, stored))
    assert (picture.width, picture.height) == upright.size
    plain = encoded("PNG" if kind == "PNG" else "JPEG", upright)
    assert corners(picture.clean) == corners(plain)
    second = examine(picture.clean)
    assert (second.width, second.height, second.clean) == (*upright.size, picture.clean)


def test_a_webp_is_not_rotated_as_in_browsers() -> None:
    picture = examine(planted_webp(6))
    assert (picture.width, picture.height) == (48, 32)


def test_rotation_of_a_jpeg_loses_little_quality() -> None:
    noise = np.random.default_rng(0).integers(90, 160, (64, 48, 3)).astype(np.uint8)
    smooth = Image.fromarray(noise).resize((480, 640), Image.Resampling.BICUBIC)
    stored = encoded("JPEG", smooth, quality=75)
    turned = stored[:2] + pictures.segment(0xE1, b"Exif\0\0" + pictures.exif_block(8)) + stored[2:]
    clean = examine(turned).clean
    before = np.asarray(to_srgb(stored).transpose(Image.Transpose.ROTATE_90), np.int16)
    difference = np.abs(np.asarray(to_srgb(clean), np.int16) - before)
    assert difference.mean() < 0.5
    assert len(clean) < 1.1 * len(stored)


@pytest.mark.parametrize("shade", [0, 255, 0x4000, 0x8000, 0xC000, 0xFFFF])
def test_a_16_bit_grey_has_the_right_brightness(shade: int) -> None:
    picture = examine(pictures.grey_16(shade))
    with Image.open(io.BytesIO(picture.clean)) as image:
        assert image.mode == "L"
        assert image.getpixel((5, 5)) == pytest.approx(shade / 257, abs=0.6)
    assert to_srgb(picture.clean).getpixel((5, 5)) == (round(shade / 257),) * 3


def test_a_transparent_16_bit_grey_stays_transparent() -> None:
    plain = pictures.grey_16(0x8000)
    clear = plain[:33] + chunk(b"tRNS", b"\x80\x00") + plain[33:]
    with Image.open(io.BytesIO(examine(clear).clean)) as image:
        assert image.convert("RGBA").getpixel((5, 5)) == (128, 128, 128, 0)


def test_transparent_pixels_become_white() -> None:
    clear = Image.new("RGBA", (48, 32), (200, 0, 0, 0))
    assert to_srgb(encoded("PNG", clear)).getpixel((5, 5)) == (255, 255, 255)


def test_colours_of_cmyk_are_converted() -> None:
    assert corners(examine(cmyk()).clean) == corners(encoded("JPEG"))


def test_huge_text_chunks_in_a_png_are_ignored() -> None:
    plain = encoded("PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 100_000_000, 1))
    long = chunk(b"tEXt", b"Comment\0" + b"a" * 5_000_000)
    assert examine(plain[:33] + bomb + long + plain[33:]).clean == plain


def test_a_broken_colour_profile_is_dropped() -> None:
    plain = encoded("JPEG")
    broken = pictures.segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"nonsense" * 40)
    assert examine(plain[:2] + broken + plain[2:]).clean == plain


def test_invalid_exif_is_ignored() -> None:
    plain = encoded("JPEG")
    garbage = pictures.segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 99)
    assert examine(plain[:2] + garbage + plain[2:]).clean == plain

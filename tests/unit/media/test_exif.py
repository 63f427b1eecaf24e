"""Images are rotated as in Chromium: each case has been tested there."""

import struct

import pytest

from annotate.media.exif import orientation
from annotate.media.images import examine
from tests.pictures import chunk, encoded, exif_block, segment

ROTATED = exif_block(6)
EXIF = b"Exif\0\0"


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("endian", "<>")
def test_all_eight_orientations_are_read(value: int, endian: str) -> None:
    assert orientation(exif_block(value, endian)) == value
    assert orientation(exif_block(value, endian, secrets=True)) == value


def a_block(kind: int, count: int, value: bytes, *, magic: bytes = b"MM\0*") -> bytes:
    entry = struct.pack(">HHI", 0x0112, kind, count) + value
    return magic + struct.pack(">IH", 8, 1) + entry + b"\0" * 4


@pytest.mark.parametrize(
    "tiff",
    [
        b"",
        b"garbage",
        a_block(3, 1, b"\0\x09\0\0"),
        a_block(3, 1, b"\0\0\0\0"),
        a_block(4, 1, b"\0\0\0\x06"),
        a_block(3, 2, b"\0\x06\0\x06"),
        a_block(3, 1, b"\0\x06\0\0", magic=b"MM\0+"),
        ROTATED[:-10],
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
    ],
)
def test_a_broken_block_means_no_rotation(tiff: bytes) -> None:
    assert orientation(tiff) == 1


def is_rotated(data: bytes) -> bool:
    return examine(data).height == 48


JPEG, PNG = encoded("JPEG"), encoded("PNG")


def a_jpeg(*segments: bytes) -> bytes:
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (a_jpeg(segment(0xE1, EXIF + ROTATED)), True),
        (a_jpeg(segment(0xE1, b"Exif\0\1" + ROTATED)), True),
        (a_jpeg(segment(0xE1, b"Exif\0" + ROTATED)), False),
        (a_jpeg(segment(0xE1, b"exif\0\0" + ROTATED)), False),
        (a_jpeg(segment(0xE1, EXIF + ROTATED), segment(0xE1, EXIF + exif_block(1))), True),
        (a_jpeg(segment(0xE1, EXIF + exif_block(1)), segment(0xE1, EXIF + ROTATED)), False),
        (a_jpeg(segment(0xE1, EXIF + b"garbage"), segment(0xE1, EXIF + ROTATED)), False),
        (a_jpeg(segment(0xE1, b"http://ns.adobe.com/x"), segment(0xE1, EXIF + ROTATED)), True),
        (a_jpeg(b"\xff\xff\xff", segment(0xE1, EXIF + ROTATED)), True),
        (PNG[:33] + chunk(b"eXIf", ROTATED) + PNG[33:], True),
        (PNG[:33] + chunk(b"eXIf", EXIF + ROTATED) + PNG[33:], False),
        (PNG[:33] + chunk(b"eXIf", ROTATED)[:-4] + b"abcd" + PNG[33:], False),
        (PNG[:33] + chunk(b"eXIf", ROTATED) + chunk(b"eXIf", exif_block(1)) + PNG[33:], True),
        (PNG[:-12] + chunk(b"eXIf", ROTATED) + PNG[-12:], False),
    ],
)
def test_the_block_that_browsers_read_is_used(data: bytes, expected: bool) -> None:
    assert is_rotated(data) is expected

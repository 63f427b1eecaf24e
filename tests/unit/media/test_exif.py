"""Images are rotated as in Chromium: each case has been tested there."""

import struct

import pytest

from annotate.media.exif import orientation
from annotate.media.images import examine
from tests.pictures import chunk, encoded, exif_block, segment

TURNED = exif_block(6)
EXIF = b"Exif\0\0"


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("endian", "<>")
def test_eight_orientations_are_known(value: int, endian: str) -> None:
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
        TURNED[:-10],
        b"MM\0*\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
    ],
)
def test_a_broken_block_turns_nothing(tiff: bytes) -> None:
    assert orientation(tiff) == 1


def turned(data: bytes) -> bool:
    return examine(data).height == 48


JPEG, PNG = encoded("JPEG"), encoded("PNG")


def a_jpeg(*segments: bytes) -> bytes:
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (a_jpeg(segment(0xE1, EXIF + TURNED)), True),
        (a_jpeg(segment(0xE1, b"Exif\0\1" + TURNED)), True),
        (a_jpeg(segment(0xE1, b"Exif\0" + TURNED)), False),
        (a_jpeg(segment(0xE1, b"exif\0\0" + TURNED)), False),
        (a_jpeg(segment(0xE1, EXIF + TURNED), segment(0xE1, EXIF + exif_block(1))), True),
        (a_jpeg(segment(0xE1, EXIF + exif_block(1)), segment(0xE1, EXIF + TURNED)), False),
        (a_jpeg(segment(0xE1, EXIF + b"garbage"), segment(0xE1, EXIF + TURNED)), False),
        (a_jpeg(segment(0xE1, b"http://ns.adobe.com/x"), segment(0xE1, EXIF + TURNED)), True),
        (a_jpeg(b"\xff\xff\xff", segment(0xE1, EXIF + TURNED)), True),
        (PNG[:33] + chunk(b"eXIf", TURNED) + PNG[33:], True),
        (PNG[:33] + chunk(b"eXIf", EXIF + TURNED) + PNG[33:], False),
        (PNG[:33] + chunk(b"eXIf", TURNED)[:-4] + b"abcd" + PNG[33:], False),
        (PNG[:33] + chunk(b"eXIf", TURNED) + chunk(b"eXIf", exif_block(1)) + PNG[33:], True),
        (PNG[:-12] + chunk(b"eXIf", TURNED) + PNG[-12:], False),
    ],
)
def test_the_block_that_browsers_read_decides(data: bytes, expected: bool) -> None:
    assert turned(data) is expected

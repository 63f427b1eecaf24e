"""Removal of metadata from PNG files without decoding them.

Chunks are copied or dropped whole (W3C, Portable Network Graphics, third edition, 5 and 11).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from annotate.media import exif, icc
from annotate.media.picture_file import PictureFile, animated, cut_off, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_COLOUR = {
    b"tRNS": 256, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"sBIT": 4, b"pHYs": 9,
}  # fmt: skip
"""Chunks for colour, transparency and pixel shape, with the largest size of each in bytes."""

_DESCRIPTIONS = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"iCCP")
_SPACES = {0: b"GRAY", 2: b"RGB ", 3: b"RGB ", 4: b"GRAY", 6: b"RGB "}


@dataclass(slots=True)
class _Found:
    chunks: list[bytes] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    header: bytes = b""
    tiff: bytes | None = None
    ended: bool = False


def read_png(data: bytes) -> PictureFile:
    """Remove a PNG's metadata.

    Raises:
        RejectedError: `animated_image`, or `bad_image` if its chunks are invalid or incomplete.
    """
    found = _Found()
    for kind, body, intact in _chunks(data):
        if kind in _CRITICAL:
            _critical(kind, body, intact, found)
        elif kind not in found.seen and b"IDAT" not in found.seen:
            _ancillary(kind, body, intact, found)
        found.seen.add(kind)
        if found.ended:
            break
    if not found.ended:
        raise cut_off("PNG")
    if b"IDAT" not in found.seen:
        raise damaged("PNG", "there is no picture in it")
    width, height = struct.unpack_from(">II", found.header)
    return PictureFile(
        data=SIGNATURE + b"".join(found.chunks),
        width=width,
        height=height,
        orientation=exif.orientation(found.tiff or b""),
    )


def with_colours_of(source: bytes, data: bytes) -> bytes:
    """The second file with the colour information of the first, and its own pixels."""
    descriptions = [
        _written(kind, body) for kind, body, _ in _chunks(source) if kind in _DESCRIPTIONS
    ]
    after_header = len(SIGNATURE) + 25
    return data[:after_header] + b"".join(descriptions) + data[after_header:]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Each chunk's name and body, and whether its checksum is right."""
    at = len(SIGNATURE)
    while at < len(data):
        if at + 12 > len(data):
            raise cut_off("PNG")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if not kind.isalpha():
            raise damaged("PNG", f"there is no chunk where one should begin, at byte {at}")
        if end > len(data):
            raise cut_off("PNG")
        body = data[at + 8 : end - 4]
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        yield kind, body, zlib.crc32(body, zlib.crc32(kind)) == checksum
        at = end


def _critical(kind: bytes, body: bytes, intact: bool, found: _Found) -> None:
    name = kind.decode()
    if not intact:
        raise damaged("PNG", f"the checksum of its chunk {name} is wrong")
    if (kind == b"IHDR") != (not found.header) or (kind == b"IHDR" and len(body) != 13):
        raise damaged("PNG", "it doesn't begin with one header")
    if kind == b"PLTE" and (len(body) > 768 or kind in found.seen):
        raise damaged("PNG", "it has more than one palette of 256 colours")
    if kind == b"IHDR":
        found.header = body
    found.ended = kind == b"IEND"
    found.chunks.append(_written(kind, b"" if found.ended else body))


def _ancillary(kind: bytes, body: bytes, intact: bool, found: _Found) -> None:
    """Copy or read a chunk before the pixels, if colour or orientation require it."""
    if kind == b"acTL":
        raise animated("PNG (APNG)")
    if not intact:
        return
    if kind == b"eXIf":
        found.tiff = body
    elif kind == b"iCCP" and found.header:
        found.chunks += _profile(body, _SPACES.get(found.header[9]))
    elif len(body) <= _COLOUR.get(kind, -1):
        found.chunks.append(_written(kind, body))


def _profile(body: bytes, space: bytes | None) -> list[bytes]:
    """The colour profile's rewritten chunk; nothing if it is invalid."""
    _, end, packed = body.partition(b"\0")
    if not end or packed[:1] != b"\0" or space is None:
        return []
    try:
        unpacked = zlib.decompressobj().decompress(packed[1:], icc.MAX_BYTES + 1)
    except zlib.error:
        return []
    profile = icc.plain_profile(unpacked, space)
    return [_written(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile, 9))] if profile else []


def _written(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)

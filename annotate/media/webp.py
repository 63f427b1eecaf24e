"""Removal of metadata from WebP files without decoding them (RFC 9649).

Browsers ignore a WebP's EXIF orientation, so annotators have seen it unrotated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from annotate.media import icc
from annotate.media.picture_file import PictureFile, animated, cut_off, damaged

_ALPHA, _ICC, _ANIMATION = 0x10, 0x20, 0x02
_VP8_START = b"\x9d\x01\x2a"
_VP8L_START = 0x2F


def read_webp(data: bytes) -> PictureFile:
    """Remove a WebP's metadata.

    Raises:
        RejectedError: `animated_image`, or `bad_image` if its chunks are invalid or incomplete.
    """
    chunks: dict[bytes, bytes] = {}
    for name, content in _chunks(data):
        chunks.setdefault(name, content)
    extended = chunks.get(b"VP8X")
    if extended is not None and len(extended) < 10:
        raise damaged("WebP", "its header is too short")
    if (extended and extended[0] & _ANIMATION) or b"ANIM" in chunks or b"ANMF" in chunks:
        raise animated("WebP")
    coded = [one for one in (b"VP8 ", b"VP8L") if one in chunks]
    if not coded:
        raise damaged("WebP", "there is no picture in it")
    kind = coded[0]
    width, height = _size(kind, chunks[kind])
    needed: dict[bytes, bytes] = {kind: chunks[kind]}
    if extended:
        needed = _extended(extended, chunks, kind)
        width, height = (1 + int.from_bytes(extended[at : at + 3], "little") for at in (4, 7))
    body = b"WEBP" + b"".join(_written(*chunk) for chunk in needed.items())
    whole = b"RIFF" + struct.pack("<I", len(body)) + body
    return PictureFile(data=whole, width=width, height=height)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    (size,) = struct.unpack_from("<I", data, 4)
    end = 8 + size
    if end > len(data) + 1:  # the last byte of padding is often missing
        raise cut_off("WebP")
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        if at + 8 + length > len(data):
            raise cut_off("WebP")
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Width and height from the header of the coded image."""
    if kind == b"VP8 " and len(body) >= 10 and body[3:6] == _VP8_START:
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5 and body[0] == _VP8L_START:
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    raise damaged("WebP", "the picture's head is broken")


def _extended(head: bytes, chunks: dict[bytes, bytes], kind: bytes) -> dict[bytes, bytes]:
    """The chunks of the extended format in order, with the flags for those that remain."""
    profile = icc.plain_profile(chunks.get(b"ICCP", b""), b"RGB ")
    flags = head[0] & _ALPHA | (_ICC if profile else 0)
    needed = {b"VP8X": bytes((flags, 0, 0, 0)) + head[4:10]}
    if profile:
        needed[b"ICCP"] = profile
    if b"ALPH" in chunks and kind == b"VP8 ":
        needed[b"ALPH"] = chunks[b"ALPH"]
    return {**needed, kind: chunks[kind]}


def _written(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

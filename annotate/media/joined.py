"""Splitting of concatenated files into their parts, which are opened separately.

FFmpeg reads only the first part of such a file, or fails at a part with another rate, other
channels or another codec. MP3 and AAC need no splitting: each frame has a header of its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_OGG_HEADER = 27
_OGG_BEGINS = 0x02

_OPUS_RATE = 48_000

_FLAC_MARKS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
"""A FLAC file's marker with the header of the first block: its type, last or not, and its 34
bytes."""


def parts(data: bytes) -> list[bytes]:
    """The files that the bytes consist of, in order; usually one.

    Detected are chained Ogg (RFC 3533, section 4), and WAV, FLAC and MP4 joined end to end.
    """
    if data.startswith(b"OggS"):
        starts = list(_ogg_links(data))
    elif data.startswith(b"RIFF"):
        starts = list(_riffs(data))
    elif data.startswith(b"fLaC"):
        starts = list(_flacs(data))
    elif data[4:8] == b"ftyp":
        starts = list(_mp4s(data))
    else:
        return [data]
    ends = [*starts[1:], len(data)]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


def opus_end_s(data: bytes) -> float | None:
    """End of an Ogg Opus file in seconds, by the position on its last page (RFC 7845, section 4).

    A page has the end of its last packet only, so that sound that is missing from the last page is
    detected only here.
    """
    head, last = data.find(b"OpusHead", 0, 4096), data.rfind(b"OggS")
    if head < 0 or len(data) < max(head + 12, last + _OGG_HEADER):
        return None
    (skipped,) = struct.unpack_from("<H", data, head + 10)
    (position,) = struct.unpack_from("<q", data, last + 6)
    return float(position - skipped) / _OPUS_RATE


def _ogg_links(data: bytes) -> Iterator[int]:
    """Offsets of the chained streams."""
    yield 0
    at, within = 0, False
    while at >= 0:
        page = data[at : at + _OGG_HEADER]
        if len(page) < _OGG_HEADER:
            return
        begins = bool(page[5] & _OGG_BEGINS)
        if begins and within:
            yield at
        within = not begins
        table = data[at + _OGG_HEADER : at + _OGG_HEADER + page[26]]
        at += _OGG_HEADER + len(table) + sum(table)
        if data[at : at + 4] != b"OggS":  # damage, or the end
            at = data.find(b"OggS", at)


def _riffs(data: bytes) -> Iterator[int]:
    at = 0
    while data[at : at + 4] == b"RIFF" and data[at + 8 : at + 12] == b"WAVE":
        yield at
        (size,) = struct.unpack_from("<I", data, at + 4)
        at += 8 + size + size % 2
    if at == 0:
        yield 0


def _flacs(data: bytes) -> Iterator[int]:
    at = 0
    while at >= 0:
        yield at
        found = [data.find(mark, at + 4) for mark in _FLAC_MARKS]
        at = min((one for one in found if one >= 0), default=-1)


def _mp4s(data: bytes) -> Iterator[int]:
    """Offsets of `ftyp` boxes after other boxes, found by following the sizes of boxes."""
    at, within = 0, False
    yield 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"ftyp" and within:
            yield at
        within = kind != b"ftyp"
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size < 8:  # up to the end of the file, or not a box
            return
        at += size

"""Removal of metadata from JPEG files without decoding them.

Segments are copied or dropped whole (ITU-T T.81, annex B). A camera's file with several images
(MPO) is cut after the first, which is the one that viewers show.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from annotate.media import exif, icc
from annotate.media.picture_file import PictureFile, cut_off, damaged
from annotate.model.errors import RejectedError

MAX_SCANS = 500
"""A progressive image has about ten; decoding each is a pass over the whole image."""

_EOI, _SOS, _COM = 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD))
"""Huffman and arithmetic tables, quantization tables, number of lines, restart interval."""
_BARE = frozenset((0x01, *range(0xD0, 0xD8)))
"""Markers without a segment."""
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)

_EXIF, _ICC, _ADOBE, _JFIF = b"Exif\0", b"ICC_PROFILE\0", b"Adobe", b"JFIF\0"
_ICC_CHUNK = 65_519
"""Bytes of a profile in one segment, at most."""
_SPACES = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}


@dataclass(slots=True)
class _Found:
    """Segments read so far. `picture` contains frames, tables and scans."""

    picture: list[bytes] = field(default_factory=list)
    size: tuple[int, int, int] | None = None
    scans: int = 0
    jfif: bytes = b""
    adobe: bytes = b""
    tiff: bytes | None = None
    profile: dict[int, bytes] = field(default_factory=dict)


def read_jpeg(data: bytes) -> PictureFile:
    """Remove a JPEG's metadata.

    Raises:
        RejectedError: `bad_image`, if its segments are invalid before the end of the image.
    """
    found = _Found()
    at = 2
    while True:
        marker, at = _next_marker(data, at)
        if marker == _EOI:
            break
        if marker not in _BARE:
            at = _segment(data, at, marker, found)
    if found.size is None or not found.scans:
        raise damaged("JPEG", "there is no picture in it")
    height, width, components = found.size
    head = found.jfif + found.adobe + _profile(found.profile, _SPACES.get(components))
    return PictureFile(
        data=b"\xff\xd8" + head + b"".join(found.picture) + b"\xff\xd9",
        width=width,
        height=height,
        orientation=exif.orientation(found.tiff or b""),
    )


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker and its end; like libjpeg, this skips bytes that aren't markers."""
    match = _MARKER.search(data, at)
    if match is None:
        raise cut_off("JPEG")
    return match[1][0], match.end()


def _segment(data: bytes, at: int, marker: int, found: _Found) -> int:
    """Copy or drop the segment that begins at `at`, and return its end."""
    if at + 2 > len(data):
        raise cut_off("JPEG")
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2:
        raise damaged("JPEG", f"a segment at byte {at} claims {length} bytes")
    end = at + length
    if end > len(data):
        raise cut_off("JPEG")
    body = data[at + 2 : end]
    if marker == _SOS:
        end = _scan_end(data, end)
        found.scans += 1
        if found.scans > MAX_SCANS:
            raise RejectedError(
                "bad_image", f"a JPEG of more than {MAX_SCANS} scans: save it again"
            )
    if marker in _FRAMES:
        _frame(body, found)
    if marker == _SOS or marker in _FRAMES or marker in _TABLES:
        found.picture.append(bytes((0xFF, marker)) + data[at:end])
    elif not found.scans:
        _application(marker, body, found)
    return end


def _scan_end(data: bytes, at: int) -> int:
    """End of a scan's coded data: the next marker that isn't part of them."""
    match = _AFTER_SCAN.search(data, at)
    if match is None:
        raise cut_off("JPEG")
    return match.start()


def _frame(body: bytes, found: _Found) -> None:
    if found.size is not None:
        raise damaged("JPEG", "it has two headers for one picture")
    if len(body) < 6:
        raise damaged("JPEG", "its header is too short")
    found.size = struct.unpack_from(">xHHB", body)


def _application(marker: int, body: bytes, found: _Found) -> None:
    """Read colour and orientation from an application segment before the first scan."""
    if marker == _APP0 and body.startswith(_JFIF) and len(body) >= 14 and not found.jfif:
        found.jfif = _written(_APP0, body[:12] + b"\0\0")  # no thumbnail: 0 by 0 pixels
    elif marker == _APP14 and body.startswith(_ADOBE) and len(body) >= 12 and not found.adobe:
        found.adobe = _written(_APP14, body[:12])
    elif marker == _APP1 and body.startswith(_EXIF) and found.tiff is None:
        found.tiff = body[len(_EXIF) + 1 :]
    elif marker == _APP2 and body.startswith(_ICC) and len(body) > len(_ICC) + 2:
        number = body[len(_ICC)]
        found.profile.setdefault(number, body[len(_ICC) + 2 :])


def _profile(chunks: dict[int, bytes], space: bytes | None) -> bytes:
    """The colour profile's rewritten segments; none if it is invalid or a chunk is missing."""
    if not chunks or space is None or sorted(chunks) != list(range(1, len(chunks) + 1)):
        return b""
    profile = icc.plain_profile(b"".join(chunks[number] for number in sorted(chunks)), space)
    if profile is None:
        return b""
    parts = [profile[at : at + _ICC_CHUNK] for at in range(0, len(profile), _ICC_CHUNK)]
    return b"".join(
        _written(_APP2, _ICC + bytes((number, len(parts))) + part)
        for number, part in enumerate(parts, start=1)
    )


def _written(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

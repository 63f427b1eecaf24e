"""Orientation of an image from its EXIF block, interpreted as in browsers.

Only the tag Orientation is read (Exif 2.32, 4.6.4). Invalid blocks are handled as Chromium handles
them, so that the stored size is that of the image people see: the tag is valid if it is one SHORT
in the first directory, the first one of several, and from 1 to 8; otherwise the image isn't
rotated.
"""

from __future__ import annotations

import struct

UPRIGHT = 1
ORIENTATION = 0x0112
_SHORT = 3


def orientation(tiff: bytes) -> int:
    """The value of Orientation, from 1 to 8, in a TIFF block; 1 where it is absent or broken."""
    endian = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if endian is None or len(tiff) < 8:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{endian}I", tiff, 4)
    if start + 2 > len(tiff):
        return UPRIGHT
    (entries,) = struct.unpack_from(f"{endian}H", tiff, start)
    for at in range(start + 2, min(start + 2 + 12 * entries, len(tiff) - 11), 12):
        tag, kind, count, value = struct.unpack_from(f"{endian}HHIH", tiff, at)
        if tag == ORIENTATION:
            valid = (kind, count) == (_SHORT, 1) and 1 <= value <= 8
            return int(value) if valid else UPRIGHT
    return UPRIGHT

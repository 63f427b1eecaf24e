"""Rewriting of colour profiles with only the tags that define colours.

A profile may name the device, its maker, its serial number and when it was made (ICC.1:2022, 7.2
and 9.2). Only the tags that convert the image's values to colours are copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

MAX_BYTES = 4 * 2**20
MAX_TAGS = 100

HEADER = 128
SPACES = (b"RGB ", b"GRAY", b"CMYK")
_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_CONNECTIONS = (b"XYZ ", b"Lab ")
_D50 = bytes.fromhex("0000f6d6 00010000 0000d32d".replace(" ", ""))
_MADE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)

_TAGS = frozenset(b"wtpt chad rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC cicp A2B0 A2B1 A2B2".split())
_TABLES = (b"mft1", b"mft2", b"mAB ")
_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
"""Number of parameters of each type of parametric curve."""


def plain_profile(profile: bytes, space: bytes) -> bytes | None:
    """The profile without information on devices, people and times.

    Args:
        space: The image's colour space: one of `SPACES`.

    Returns:
        None if the profile is invalid, for another colour space, or too large.
    """
    if not HEADER + 4 <= len(profile) <= MAX_BYTES or profile[36:40] != b"acsp":
        return None
    kind, connection = profile[12:16], profile[20:24]
    if kind not in _CLASSES or profile[16:20] != space or connection not in _CONNECTIONS:
        return None
    tags = dict(_needed_tags(profile))
    if not tags:
        return None
    version = profile[8:10] + b"\0\0"
    (intent,) = struct.unpack_from(">I", profile, 64)
    head = b"\0" * 4 + version + kind + space + connection + _MADE + b"acsp" + b"\0" * 24
    head += struct.pack(">I", intent if intent < 4 else 0) + _D50
    return _written(head, {**_texts(version[0]), **tags})


def _needed_tags(profile: bytes) -> Iterable[tuple[bytes, bytes]]:
    (count,) = struct.unpack_from(">I", profile, HEADER)
    for index in range(min(count, MAX_TAGS)):
        at = HEADER + 4 + 12 * index
        if at + 12 > len(profile):
            return
        name, start, size = struct.unpack_from(">4sII", profile, at)
        if name in _TAGS and start + size <= len(profile):
            content = _content(profile[start : start + size])
            if content is not None:
                yield name, content


def _content(tag: bytes) -> bytes | None:
    """A tag's data cut to its own length; None if it isn't a number, curve or table."""
    kind = tag[:4]
    if kind in _TABLES:
        return tag
    if len(tag) < 12:
        return None
    if kind == b"curv":
        length = 12 + 2 * int(struct.unpack_from(">I", tag, 8)[0])
    elif kind == b"para":
        length = 12 + 4 * _PARAMETERS.get(int(struct.unpack_from(">H", tag, 8)[0]), 0)
    else:
        length = {b"XYZ ": 20, b"sf32": 44, b"cicp": 12}.get(kind, 0)
    return kind + b"\0" * 4 + tag[8:length] if 12 <= length <= len(tag) else None


def _texts(major: int) -> dict[bytes, bytes]:
    """The mandatory name and copyright, in the format of the profile's version."""
    name, nobody = b"colour profile", b"none"
    if major < 4:
        description = b"desc" + struct.pack(">II", 0, len(name) + 1) + name + b"\0" * 79
        return {b"desc": description, b"cprt": b"text" + b"\0" * 4 + nobody + b"\0"}
    return {b"desc": _localized(name), b"cprt": _localized(nobody)}


def _localized(text: bytes) -> bytes:
    wide = text.decode().encode("utf-16-be")
    return b"mluc" + struct.pack(">III4sII", 0, 1, 12, b"enUS", len(wide), 28) + wide


def _written(head: bytes, tags: dict[bytes, bytes]) -> bytes:
    start = HEADER + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    offsets: dict[bytes, int] = {}
    for name, content in sorted(tags.items()):
        if content not in offsets:  # the three curves are often equal
            offsets[content] = start + len(body)
            body += content + b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", name, offsets[content], len(content))
    whole = head.ljust(HEADER - 4, b"\0") + table + body
    return struct.pack(">I", len(whole) + 4) + whole

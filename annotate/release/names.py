"""File names that a release may have, equal on every operating system.

A manifest is untrusted input. All code that reads or writes by its names checks them here first:
only the names of a release's kinds of file are accepted, so none can be written outside the folder,
run when somebody opens it, or replace another where names differ in case alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

IMAGE_TYPES = ("jpg", "jpeg", "png", "webp")
AUDIO_TYPES = (
    *("aac", "caf", "flac", "m4a", "matroska", "mka", "mkv", "mov", "mp3"),
    *("mp4", "oga", "ogg", "opus", "w64", "wav", "webm"),
)
SPLIT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A split's name."""
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A release's name."""

_FILE = re.compile(
    r"README\.md|index\.html"
    rf"|(?:data|narrations)/{SPLIT.pattern}-[0-9]{{5,9}}-of-[0-9]{{5,9}}\.parquet"
    rf"|images/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.(?:{'|'.join(IMAGE_TYPES)})"
    rf"|audio/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.(?:{'|'.join(AUDIO_TYPES)})"
)


def is_release_file(path: str) -> bool:
    """Whether a release may have a file of this name, relative to its folder."""
    if not _FILE.fullmatch(path):
        return False
    kind, _, rest = path.partition("/")
    return kind not in ("images", "audio") or rest[:2] == rest[3:5]


def is_version(name: str) -> bool:
    """Whether a release may have this name."""
    return VERSION.fullmatch(name) is not None


def twins(paths: Iterable[str]) -> str | None:
    """The first name that equals another one where case doesn't count, or None."""
    seen: set[str] = set()
    for path in paths:
        folded = path.casefold()
        if folded in seen:
            return path
        seen.add(folded)
    return None

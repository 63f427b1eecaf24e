"""A cache of verified releases: an unchanged one is not hashed again.

The user's cache contains, for each folder, a digest of its manifest and of each file's metadata in
the file system: size, inode and the times of change of content and of inode. The last can't be set
by a program, so a changed file whose old time was restored is detected. Files written within the
last moments aren't cached, since a change in the same tick of the clock wouldn't be detected.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from annotate.model.errors import AnnotateError
from annotate.release.manifest import Manifest
from annotate.release.verify import compare

FRESH_NS = 2_000_000_000
NAMED = 3
"""Differences that a message names."""


def verify_once(root: Path, manifest: Manifest, data: bytes | bytearray) -> None:
    """Compare a release's files with its manifest, unless that was done before.

    Files that the manifest doesn't name are ignored: nothing reads them.

    Raises:
        AnnotateError: A file is missing or isn't as the manifest says.
    """
    state, newest_ns = _state(root, manifest, data)
    note = _note(root)
    if state and note and _read(note) == state:
        return
    started_ns = time.time_ns()
    found = [one for one in compare(root, manifest) if one.kind != "unlisted"]
    if found:
        named = ", ".join(f"{one.path} ({one.kind})" for one in found[:NAMED])
        more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
        raise AnnotateError(
            f"{root} is damaged: {named}{more}; fetch it again, or read it unverified "
            "(verify=False)"
        )
    if state and note and newest_ns + FRESH_NS < started_ns:
        _write(note, state)


def _state(root: Path, manifest: Manifest, data: bytes | bytearray) -> tuple[str, int]:
    """A digest of all metadata that a change alters, and its newest time; empty if unknown."""
    digest = hashlib.sha256(hashlib.sha256(data).digest())
    newest_ns = 0
    for file in manifest.files:
        try:
            info = os.lstat(root / file.path)
        except OSError:
            return "", 0
        identity = (info.st_mode, info.st_size, info.st_dev, info.st_ino)
        digest.update(repr((identity, info.st_mtime_ns, info.st_ctime_ns)).encode())
        newest_ns = max(newest_ns, info.st_ctime_ns)
    return digest.hexdigest(), newest_ns


def _note(root: Path) -> Path | None:
    """The cache file for the release in a folder; None without a home folder."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()
    return cache / "annotate-aloud" / "verified" / name


def _read(note: Path) -> str | None:
    try:
        return note.read_text("ascii")
    except (OSError, ValueError):
        return None


def _write(note: Path, state: str) -> None:
    """Write the cache file; if that fails, the next reader verifies again."""
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = note.with_name(f".{note.name}.{os.getpid()}")
        beside.write_text(state, "ascii")
        beside.replace(note)

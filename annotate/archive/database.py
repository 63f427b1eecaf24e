"""A consistent copy of a SQLite database while others write to it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm", "-journal")
"""Suffixes of SQLite's files beside a database; a copy made through SQLite is one file."""

WAIT_SECONDS = 60.0


def is_database(path: Path) -> bool:
    """Whether a file is a SQLite database."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def copy_database(source: Path, target: Path) -> str | None:
    """Copy a database through SQLite's own backup; returns an error of the copy, if any.

    Raises:
        sqlite3.Error: If it can't be read or written.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    address = f"file:{quote(str(source.resolve()))}?mode=rw"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return None if found == "ok" else str(found)

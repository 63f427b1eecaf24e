"""Kinds of damage to a table's files, for tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def commits(table: Path) -> list[Path]:
    """The commits of a table's log, oldest first."""
    return sorted((table / "_delta_log").glob("*.json"))


def data_file(table: Path) -> Path:
    """One of the files of a table."""
    return sorted(table.glob("*.parquet"))[0]


def _garbage(path: Path) -> Path:
    path.write_text("garbage\n")
    return path


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _emptied(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _deleted(path: Path) -> Path:
    path.unlink()
    return path


def _overwritten(path: Path) -> Path:
    path.write_bytes(b"\xa5" * path.stat().st_size)
    return path


def _overwritten_within(path: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[4:-200] = b"\xa5" * len(data[4:-200])
    path.write_bytes(data)
    return path


def _is_a_file(path: Path) -> Path:
    for inside in path.iterdir():
        inside.unlink()
    path.rmdir()
    path.write_text("a file")
    return path


DAMAGE: dict[str, Callable[[Path], Path]] = {
    "garbage in the first commit": lambda table: _garbage(commits(table)[0]),
    "garbage in the last commit": lambda table: _garbage(commits(table)[-1]),
    "bytes that are no text": lambda table: _overwritten(commits(table)[1]),
    "a commit cut in the middle": lambda table: _cut(commits(table)[-1]),
    "an empty commit in the middle": lambda table: _emptied(commits(table)[1]),
    "an empty last commit": lambda table: _emptied(commits(table)[-1]),
    "the first commit is gone": lambda table: _deleted(commits(table)[0]),
    "a commit in the middle is gone": lambda table: _deleted(commits(table)[1]),
    "a data file is gone": lambda table: _deleted(data_file(table)),
    "a data file is cut": lambda table: _cut(data_file(table)),
    "a data file is empty": lambda table: _emptied(data_file(table)),
    "a data file is overwritten": lambda table: _overwritten(data_file(table)),
    "a data file is overwritten but for its ends": lambda table: _overwritten_within(
        data_file(table)
    ),
}
"""Functions that damage a table of at least two commits with rows and return the damaged file."""


def lose_the_last_commit(table: Path) -> Path:
    """Delete the newest file of a log, after which Delta Lake reads an older version."""
    return _deleted(commits(table)[-1])


def lose_the_end_of_a_commit(table: Path) -> Path:
    """Cut a commit at the end of a line, so that the rest is still a valid commit."""
    path = commits(table)[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"add"' not in line) or b"{}\n")
    assert os.path.getsize(path)
    return path

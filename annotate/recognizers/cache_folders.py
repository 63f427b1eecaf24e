"""Folders in the user's cache: each is complete or absent, whichever process is killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

PREFIX = ".unfinished-"
"""Of the names of folders that are being written."""


def written_once(folder: Path, write: Callable[[Path], None]) -> Path:
    """The folder, filled by `write` on first use.

    Raises:
        OSError: If it can't be written.
    """
    if folder.is_dir():
        return folder
    with unfinished(folder.parent) as beside:
        write(beside)
        try:
            beside.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first, with the same files
                raise
    return folder


@contextmanager
def unfinished(cache: Path) -> Iterator[Path]:
    """A new folder in the cache to write into; removed at the end unless it was renamed.

    Before, the folders of killed processes are removed. Each process holds a lock on its folder,
    which ends with the process, so folders in use stay.
    """
    cache.mkdir(parents=True, exist_ok=True)
    # A folder is without its lock for a moment: until then no other process looks for such ones.
    with _locked(cache) as alone:
        if alone:
            _remove_abandoned(cache)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=cache))
        lock = os.open(folder, os.O_RDONLY)
        _try_lock(lock, LOCK_EX | LOCK_NB)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_abandoned(cache: Path) -> None:
    for folder in cache.glob(f"{PREFIX}*"):
        with _locked(folder, LOCK_NB) as unused:
            if unused:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[bool]:
    """Hold the lock on a folder. False if it isn't to be had, as on some network file systems."""
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:  # another user's, or removed meanwhile
        yield False
        return
    try:
        yield _try_lock(lock, LOCK_EX | how)
    finally:
        os.close(lock)


def _try_lock(lock: int, how: int) -> bool:
    try:
        flock(lock, how)
    except OSError:
        return False
    return True

"""Reading of regular files only: no link is followed, no pipe or device is opened."""

from __future__ import annotations

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


class NotRegularError(OSError):
    """The path exists and isn't a regular file."""


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        FileNotFoundError: The path doesn't exist.
        NotRegularError: It is a link, a folder, a pipe or a device.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise NotRegularError(f"{path} is not a regular file")
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # replaced since the first check
        os.close(descriptor)
        raise NotRegularError(f"{path} is not a regular file")
    return os.fdopen(descriptor, "rb")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a regular file, read in chunks."""
    with open_regular(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

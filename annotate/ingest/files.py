"""Safe reading of a source folder's files: regular files inside it, up to a size limit."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from annotate.model.errors import AnnotateError, RejectedError

NOT_A_FILE = "not_a_file"

CHUNK = 2**20
"""Bytes read at once."""

KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a block device"),
    (stat.S_ISCHR, "a character device"),
)


def resolved_folder(path: Path) -> Path:
    """The resolved path of a folder.

    Raises:
        AnnotateError: If its links form a loop or it can't be accessed.
    """
    try:
        found = path.resolve()
        os.stat(found)  # from Python 3.13 on, a loop is detected only here
        return found
    except FileNotFoundError:
        return found  # a missing folder is reported when its manifest is read
    except (OSError, RuntimeError, ValueError) as error:
        raise AnnotateError(f"{path} can't be a source: {error}") from error


def open_inside(root: Path, name: str, missing: str) -> BinaryIO:
    """Open a regular file inside a folder.

    The opened file is checked again, so a file that is replaced meanwhile by something else, or
    by a link that leads out of the folder, isn't read.

    Args:
        root: The folder, resolved.
        missing: The reason if there is no such file or it can't be read.

    Raises:
        RejectedError: `bad_path`, `not_a_file` or the reason `missing`.
    """
    path = _inside(root, name)
    try:
        _reject_irregular(name, os.stat(path))
        # The path may have become a FIFO since, which must not block.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise RejectedError(missing, f"cannot read {name}: {error.strerror}") from error
    file = os.fdopen(handle, "rb")
    try:
        _reject_irregular(name, os.fstat(handle))
        if not Path(os.readlink(f"/proc/self/fd/{handle}")).is_relative_to(root):
            raise RejectedError("bad_path", f"{name!r} leads out of the folder")
    except BaseException:
        file.close()
        raise
    return file


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file at any path, without blocking on a FIFO.

    Raises:
        RejectedError: `not_a_file`.
        OSError: If it can't be opened.
    """
    _reject_irregular(path.name, os.stat(path))
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    file = os.fdopen(handle, "rb")
    try:
        _reject_irregular(path.name, os.fstat(handle))
    except BaseException:
        file.close()
        raise
    return file


def read_at_most(file: BinaryIO, max_bytes: int) -> bytes:
    """All of a file, which may grow while it is read.

    Raises:
        RejectedError: `too_large`, before more than the allowed bytes are in memory.
    """
    size = os.fstat(file.fileno()).st_size
    if size <= max_bytes:
        data = file.read(max_bytes + 1)
        size = max(size, len(data))
        if len(data) <= max_bytes:
            return data
    raise RejectedError("too_large", f"{size} bytes, {max_bytes} are allowed")


def sha256_at_most(file: BinaryIO, max_bytes: int) -> str | None:
    """The SHA-256 of all of a file; None if it has more bytes than allowed."""
    if os.fstat(file.fileno()).st_size > max_bytes:
        return None
    digest, left = hashlib.sha256(), max_bytes
    while chunk := file.read(min(CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            return None
        digest.update(chunk)
    return digest.hexdigest()


def _inside(root: Path, name: str) -> Path:
    try:
        path = (root / name).resolve()
        loop = path.is_symlink()  # Python 3.13 and later leave links in a loop unresolved
    except RuntimeError as error:  # raised by earlier versions of Python
        raise RejectedError("bad_path", f"{name!r}: its links go round in a circle") from error
    except (OSError, ValueError) as error:
        raise RejectedError("bad_path", f"{name!r} is not a path") from error
    if not path.is_relative_to(root):
        raise RejectedError("bad_path", f"{name!r} leads out of the folder")
    if loop:
        raise RejectedError("bad_path", f"{name!r}: its links go round in a circle")
    return path


def _reject_irregular(name: str, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((label for is_one, label in KINDS if is_one(found.st_mode)), "something else")
    raise RejectedError(NOT_A_FILE, f"{name} is {kind}, and no regular file")

"""Files copied or linked into and out of a backup with their hashes, atomically."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from annotate.archive.record import Entry

CHUNK = 2**20

PERMISSIONS = 0o777
"""The restored bits of a mode: a record may be of another origin, and no file may be setuid."""

NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES, errno.ENOSYS}
"""Errors of file systems on which a file can't have one more name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to back up.

    Attributes:
        path: Its path in the backup.
        at: Its path on disk; None where `content` is all of it.
        sha256: The first digits of its SHA-256, from its name; empty if that has none.
        may_vanish: Whether it may be deleted in the meantime, which is no loss.
    """

    path: str
    at: Path | None
    content: bytes = b""
    sha256: str = ""
    may_vanish: bool = False


def copy_into(wanted: Wanted, folder: Path) -> Entry:
    """Copy a file into the folder of a backup.

    Raises:
        OSError: If it can't be read or written.
    """
    target = folder / wanted.path
    if wanted.at is None:
        size, digest = write(io.BytesIO(wanted.content), target)
        return _entry(wanted.path, size, digest, target.stat())
    with wanted.at.open("rb") as file:
        info = os.fstat(file.fileno())
        size, digest = write(file, target, stat.S_IMODE(info.st_mode))
    return _entry(wanted.path, size, digest, info)


def put_back(entry: Entry, folder: Path, target: Path) -> bool:
    """Copy a file of a backup to its original path; False, and no file, if it is damaged.

    Raises:
        OSError: If it can't be read or written.
    """
    with (folder / entry.path).open("rb") as file:
        found = write(file, target)
    if found != (entry.bytes, entry.sha256):
        target.unlink()
        return False
    target.chmod(entry.mode & PERMISSIONS)
    os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))
    return True


def link(source: Path, target: Path) -> bool:
    """Hard-link a file of an older backup into the new one; False where that isn't possible."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        target.unlink(missing_ok=True)
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in NO_LINKS:
            return False
        raise
    return True


def entry_of(file: Path, path: str) -> Entry:
    """A file as it is now.

    Raises:
        OSError: If it can't be read.
    """
    with file.open("rb") as opened:
        info = os.fstat(opened.fileno())
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return _entry(path, info.st_size, digest, info)


def sync(folder: Path) -> None:
    """Sync a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(file: IO[bytes], target: Path, mode: int = 0o600) -> tuple[int, str]:
    """Write under a temporary name, sync, rename: a crash leaves no partial file under its name.

    Returns:
        How many bytes there were, and their SHA-256.

    Raises:
        OSError: If they can't be read or written.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = target.with_name(f".{secrets.token_hex(8)}.new")
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += out.write(chunk)
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        staged.replace(target)
    except BaseException:
        with suppress(OSError):
            staged.unlink(missing_ok=True)
        raise
    return size, digest.hexdigest()


def _entry(path: str, size: int, digest: str, info: os.stat_result) -> Entry:
    mode = stat.S_IMODE(info.st_mode)
    return Entry(path=path, bytes=size, sha256=digest, mode=mode, mtime_ns=info.st_mtime_ns)

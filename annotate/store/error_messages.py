"""One-line messages for errors of the operating system and of the lake's files."""

from __future__ import annotations

import errno
import os

from annotate.model.errors import AnnotateError

ADVICE = {
    errno.ENOSPC: "make room there, then run the same command again",
    errno.EDQUOT: "your quota is used up: make room, then run the same command again",
    errno.EFBIG: "a limit on the size of files is in the way: raise it (ulimit -f)",
    errno.EROFS: "it is mounted for reading only: mount it for writing, or choose another place",
    errno.EACCES: "check its permissions, or choose another place",
    errno.EPERM: "check its permissions, or choose another place",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "the machine has too many files open: end other programs",
    errno.EIO: "the disk or the network behind it fails: repair that first",
    errno.ESTALE: "the network file system has lost it: mount it again",
    errno.ENOTDIR: "a file is where a folder should be: choose another place",
    errno.EISDIR: "a folder is where a file should be: choose another place",
    errno.ENAMETOOLONG: "the path is too long: choose another place",
    errno.ELOOP: "symbolic links form a loop: correct them",
}
"""What to do about an error of the operating system."""

EVERYWHERE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EMFILE,
    errno.ENFILE,
}
"""Errors of the machine that do not depend on the item being processed."""

RESTORE = "restore it from a backup with `annotate lake verify --repair-from BACKUP`"


def user_error(action: str, error: BaseException) -> AnnotateError:
    """An error for the user: the failed action, its cause, and what to do.

    Args:
        action: The failed action, such as `cannot write to X`.
    """
    number = number_of(error)
    why = os.strerror(number) if number else first_line(error)
    advice = ADVICE.get(number or 0)
    return AnnotateError(f"{action}: {why}" + (f"; {advice}" if advice else ""))


def number_of(error: BaseException) -> int | None:
    """The operating system's number of an error; Rust libraries put it in their message."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    message = str(error)
    for number in ADVICE:
        if f"(os error {number})" in message:
            return number
    return None


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or else its class name."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__

"""Detection of missing and damaged commits in a Delta table's log.

Delta Lake assumes that the newest file of a log is the newest commit: when that file is lost, the
table silently reverts to the version before. So each commit is noted outside the log, with the
number of files that the table then has. A note is written after its commit; a missing note is no
error, as the process may have been killed in between.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Literal

from annotate.model.claims import CLAIMS
from annotate.model.errors import AnnotateError
from annotate.store.error_messages import RESTORE
from annotate.store.location import LOG

NOTES = "_committed"
"""The folder of notes, in the table's folder. Delta Lake ignores names with an underscore. In the
folder of tables, a folder of this name contains an empty file for each table ever written."""

COMMIT = re.compile(r"(\d{20})\.json")
NOTE = re.compile(r"(\d{20})-(\d+)")


def note(table: str, version: int, files: int) -> None:
    """Note a commit, and delete the notes of earlier ones.

    The commit is valid also if the note can't be written.

    Args:
        table: The table's folder.
        files: How many files the table has at that version.
    """
    folder = os.path.join(table, NOTES)
    with suppress(OSError):
        _note_table(table)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{version:020d}-{files}"), "wb"):
            pass
        for older in [one for one in _notes(table) if one < (version, 0)]:
            with suppress(FileNotFoundError):  # another process was faster
                os.remove(os.path.join(folder, f"{older[0]:020d}-{older[1]}"))


def _note_table(table: str) -> None:
    parent, name = os.path.split(table)
    path = os.path.join(parent, NOTES, name)
    if name != CLAIMS and not os.path.exists(path):  # the table of claims may be deleted safely
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb"):
            pass


def reject_lost_log(table: str) -> None:
    """Check that a table without a log was never written.

    Raises:
        AnnotateError: If it was: without its log it would be read as an empty table.
    """
    parent, name = os.path.split(table)
    mark = os.path.join(parent, NOTES, name)
    if os.path.exists(mark):
        raise AnnotateError(
            f"{os.path.join(table, LOG)}, the log of a table, is missing: {RESTORE}, or delete "
            f"{mark} and the table's folder to go on without its rows"
        )
    if _notes(table) or any(one.endswith(".parquet") for one in _names(table)):
        raise _broken(os.path.join(table, LOG), "is missing")


def noted_tables(parent: str) -> list[str]:
    """The tables that were ever written in a folder of tables."""
    return _names(os.path.join(parent, NOTES))


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def newest_noted(table: str) -> tuple[int, int] | None:
    """The newest commit that is noted: its version, and how many files the table has then.

    Read this before the table is opened, so that a commit made in between is not
    reported as lost.
    """
    return max(_notes(table), default=None)


def reject_lost_commits(
    table: str, noted: tuple[int, int] | None, version: int, files: int
) -> None:
    """Compare a table, as read, with the commit that was noted before.

    Raises:
        AnnotateError: If commits are missing.
    """
    if noted is None or noted[0] < version or noted == (version, files):
        return
    if noted[0] == version:
        lost = f"has {files} files, not {noted[1]} as at its newest commit"
    else:
        lost = f"ends at version {version}, but version {noted[0]} was committed"
    raise AnnotateError(
        f"the table {table} {lost}: part of {LOG} is lost; {RESTORE}, or delete "
        f"{os.path.join(table, NOTES)} to go on without the rows"
    )


def reject_empty_commits(table: str) -> None:
    """Check that no file of a table's log is empty, as it may be after a power failure.

    Raises:
        AnnotateError: If one is.
    """
    covered = _newest_checkpoint(table)
    with os.scandir(os.path.join(table, LOG)) as entries:
        for entry in entries:
            read = COMMIT.fullmatch(entry.name) and int(entry.name[:20]) > covered
            if read and not entry.stat().st_size:
                raise _broken(entry.path, "is empty")


def diagnosed(table: str) -> AnnotateError | None:
    """The first file of a log that can't be read or is missing; None if there is none."""
    folder = os.path.join(table, LOG)
    found = sorted(name for name in os.listdir(folder) if COMMIT.fullmatch(name))
    versions = [int(name[:20]) for name in found]
    for name in found:
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as lines:
                sound = all([isinstance(json.loads(line), dict) for line in lines])
        except OSError as error:
            return _broken(path, f"can't be read: {error.strerror}")
        except ValueError:
            sound = False
        if not sound:
            return _broken(path, "is damaged")
    expected = range(versions[0], versions[0] + len(versions)) if versions else ()
    for version, required in zip(versions, expected, strict=True):
        if version != required:
            return _broken(os.path.join(folder, f"{required:020d}.json"), "is missing")
    if (
        versions
        and versions[0] > 0
        and not any("checkpoint" in name for name in os.listdir(folder))
    ):
        return _broken(os.path.join(folder, f"{0:020d}.json"), "is missing")
    return None


def is_commit(path: str) -> bool:
    """Whether a file of a log can be read as a commit."""
    try:
        with open(path, encoding="utf-8") as lines:
            actions = [json.loads(line) for line in lines]
    except (OSError, ValueError):
        return False
    return bool(actions) and all(isinstance(one, dict) for one in actions)


def errors(table: str) -> Iterator[tuple[int, Literal["missing", "damaged"]]]:
    """The versions whose commit is missing from a table's log or can't be read, oldest first.

    Commits up to a checkpoint may have been deleted; all those after it must exist, up to the
    newest one that exists or was noted.
    """
    folder = os.path.join(table, LOG)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    existing = {int(match[1]): name for name in names if (match := COMMIT.fullmatch(name))}
    noted = newest_noted(table)
    newest = max([*existing, noted[0] if noted else -1], default=-1)
    for version in range(newest + 1):
        if version not in existing:
            if version > _newest_checkpoint(table):
                yield version, "missing"
        elif not is_commit(os.path.join(folder, existing[version])):
            yield version, "damaged"


def commit_names(table: str, version: int, file: str) -> bool:
    """Whether the commit that made a version names this data file."""
    try:
        with open(os.path.join(table, LOG, f"{version:020d}.json"), encoding="utf-8") as commit:
            return file in commit.read()
    except (OSError, ValueError):
        return False


def reject_damaged_files(table: str, sizes: Iterable[tuple[str, int]]) -> None:
    """Check that a table's data files exist and have their size.

    Args:
        sizes: Each file's name and size in bytes, from the log.

    Raises:
        AnnotateError: If one is missing or has another size.
    """
    for name, size in sorted(sizes):
        path = os.path.join(table, name)
        try:
            found = os.stat(path).st_size
        except FileNotFoundError:
            raise AnnotateError(f"{path}, a file of a table, is missing: {RESTORE}") from None
        if found != size:
            raise AnnotateError(
                f"{path}, a file of a table, has {found} bytes instead of {size}: {RESTORE}"
            )


def _newest_checkpoint(table: str) -> int:
    """The version up to which commits needn't be read; -1 without a checkpoint."""
    try:
        with open(os.path.join(table, LOG, "_last_checkpoint"), encoding="utf-8") as pointer:
            return int(json.load(pointer)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return -1


def _notes(table: str) -> list[tuple[int, int]]:
    """The noted commits: version, and files at that version."""
    found = (NOTE.fullmatch(name) for name in _names(os.path.join(table, NOTES)))
    return [(int(match[1]), int(match[2])) for match in found if match]


def _broken(path: str, how: str) -> AnnotateError:
    return AnnotateError(f"{path}, part of a table's log, {how}: {RESTORE}")

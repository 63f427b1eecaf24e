"""Making of a backup: everything that can't be computed again, while others write.

A backup is a plain folder named after its time. Files unchanged since the backup before are hard
links to it, so that only new files cost time and space. It is written to a folder with a temporary
name and renamed at its end; an interrupted one is continued.
"""

from __future__ import annotations

import io
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import annotate
from annotate.archive import record
from annotate.archive.database import copy_database
from annotate.archive.files import Wanted, copy_into, entry_of, link, sync, write
from annotate.archive.lake_files import lake_files
from annotate.archive.listing import Tree
from annotate.archive.record import RECORD, SETTINGS, Backup, Entry, Record
from annotate.archive.studio_files import (
    Recordings,
    databases,
    notes,
    settings_of_server,
    studio_files,
)
from annotate.archive.target import JOURNAL, PARTIAL, What, check, is_lake, locked
from annotate.model.errors import AnnotateError
from annotate.store.error_messages import user_error

Progress = Callable[[int, int], None]
"""Called with how many files are done and how many are known so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was made.

    Attributes:
        copied: Files whose bytes were copied; the others are those of the backup before.
        copied_bytes: Their total size.
    """

    backup: Backup
    copied: int
    copied_bytes: int


def back_up(what: What, target: Path, progress: Progress | None = None) -> Made:
    """Make a backup in a folder of backups.

    Raises:
        AnnotateError: There is nothing to back up, the folder contains other files, or it can't be
            written.
    """
    check(what, target)
    try:
        with locked(target):
            return _Maker(what, target, progress or (lambda done, known: None)).make()
    except OSError as error:
        raise user_error(f"cannot back up to {target}", error) from error


class _Maker:
    def __init__(self, what: What, target: Path, progress: Progress):
        self._what, self._target, self._progress = what, target, progress
        self._partial = target / PARTIAL
        self._before = record.newest(target)
        known = self._before.record.files if self._before else ()
        self._older = {one.path: one for one in known}
        self._finished = {one.path: one for one in record.journal(self._partial / JOURNAL)}
        self._entries: dict[str, Entry] = {}
        self._problems: list[str] = []
        self._copied = self._copied_bytes = 0

    def make(self) -> Made:
        what = self._what
        self._partial.mkdir(mode=0o700, exist_ok=True)
        environment = settings_of_server(what.data, what.environment)
        recordings = Recordings.of(what.data, environment)
        with (self._partial / JOURNAL).open("ab") as self._journal:
            lake = lake_files(Path(what.lake.folder)) if what.lake.folder else Tree()
            self._keep_all(lake.files)
            # After the lake: the server's files that a lake refers to must be in its copy.
            for path, database in databases(what.data).items():
                self._keep_database(path, database)
            studio = studio_files(what.data, recordings)
            self._keep_all(studio.files)
            self._keep_all(self._settings())
        notes = self._notes(recordings, environment)
        return self._finish({**lake.folders, **studio.folders}, notes)

    def _settings(self) -> list[Wanted]:
        file = self._what.settings
        named = f"{SETTINGS}/annotate.toml"
        return [Wanted(path=named, at=file)] if file and file.is_file() else []

    def _notes(self, recordings: Recordings, environment: Mapping[str, str]) -> list[str]:
        what = self._what
        found = notes(what.data, recordings, environment)
        if what.lake.folder is None:
            found.append(f"the lake is at {what.lake.root}: back it up with that store's tools")
        elif not is_lake(what.lake):
            found.append(f"there is no lake at {what.lake.root} yet")
        if what.environment.get("ANNOTATE_PSEUDONYM_KEY"):
            found.append("the pseudonyms' key comes from the environment: back it up yourself")
        return found

    def _keep_all(self, files: Sequence[Wanted]) -> None:
        known = len(self._entries) + len(files)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for entry, copied in pool.map(self._keep, files):
                if entry is not None:
                    self._note(entry, copied)
                self._progress(len(self._entries), known)

    def _note(self, entry: Entry, copied: bool) -> None:
        self._entries[entry.path] = entry
        self._copied += copied
        self._copied_bytes += entry.bytes if copied else 0
        self._journal.write(entry.model_dump_json().encode() + b"\n")
        self._journal.flush()

    def _keep(self, wanted: Wanted) -> tuple[Entry | None, bool]:
        """The file's entry, and whether its bytes were copied just now; None if it is left out."""
        try:
            if entry := self._unchanged(wanted):
                return entry, False
            entry = copy_into(wanted, self._partial)
        except (FileNotFoundError, PermissionError) as error:
            if wanted.at is None or error.filename not in (wanted.at, str(wanted.at)):
                raise  # the backup's own folder
            if not (wanted.may_vanish and isinstance(error, FileNotFoundError)):
                self._problems.append(f"{wanted.at}: {error.strerror}")
            return None, False
        if not entry.sha256.startswith(wanted.sha256):
            return self._sound_one(wanted), False
        return entry, wanted.at is not None

    def _unchanged(self, wanted: Wanted) -> Entry | None:
        """The entry of a file that an earlier backup has, after linking it into the new one."""
        if wanted.at is None:
            return None
        info = wanted.at.stat()
        for entries in (self._finished, self._older):
            entry = entries.get(wanted.path)
            if entry is None or entry.bytes != info.st_size or not _same(entry, info, wanted):
                continue
            if self._has(entry, first=entries is self._finished):
                mode = info.st_mode & 0o7777
                return entry.model_copy(update={"mode": mode, "mtime_ns": info.st_mtime_ns})
        return None

    def _has(self, entry: Entry, *, first: bool) -> bool:
        """Whether the new backup has a file of that size; links it from the one before if not."""
        target = self._partial / entry.path
        if not first:
            older = self._before.folder / entry.path if self._before else target
            if not link(older, target):
                return False
        with suppress(FileNotFoundError):
            return target.stat().st_size == entry.bytes
        return False

    def _sound_one(self, wanted: Wanted) -> Entry | None:
        """A file whose hash isn't in its name, from the backup before if that one is intact."""
        (self._partial / wanted.path).unlink(missing_ok=True)
        self._problems.append(f"{wanted.at}: damaged, its bytes don't have the hash in its name")
        entry = self._older.get(wanted.path)
        return entry if entry and self._has(entry, first=False) else None

    def _keep_database(self, path: str, source: Path) -> None:
        target = self._partial / path
        try:
            wrong = copy_database(source, target)
        except sqlite3.Error as error:
            raise AnnotateError(f"cannot copy the database {source}: {error}") from error
        if wrong:
            self._problems.append(f"{source}: the database is damaged ({wrong})")
        target.chmod(source.stat().st_mode & 0o777)
        entry = entry_of(target, path)
        self._note(entry, copied=True)

    def _finish(self, folders: Mapping[str, int], notes: Sequence[str]) -> Made:
        made = Record(
            format=record.FORMAT,
            annotate=annotate.__version__,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            lake=self._what.lake.base if self._what.lake.folder else self._what.lake.root,
            data=str(self._what.data.absolute()),
            folders=dict(folders),
            notes=tuple(notes),
            problems=tuple(self._problems),
            files=tuple(self._entries[path] for path in sorted(self._entries)),
        )
        _clear(self._partial, set(self._entries))
        write(io.BytesIO(made.model_dump_json().encode()), self._partial / RECORD)
        (self._partial / JOURNAL).unlink()
        sync(self._partial)
        folder = _rename(self._partial, self._target)
        return Made(
            backup=Backup(folder, made), copied=self._copied, copied_bytes=self._copied_bytes
        )


def _same(entry: Entry, info: os.stat_result, wanted: Wanted) -> bool:
    """Whether a file is unchanged: by its time, or by the hash in its name."""
    if wanted.sha256:
        return entry.sha256.startswith(wanted.sha256)
    return entry.mtime_ns == info.st_mtime_ns


def _clear(partial: Path, paths: set[str]) -> None:
    """Delete files of an interrupted backup that don't belong to this one."""
    for folder, _, names in os.walk(partial):
        for name in names:
            at = os.path.join(folder, name)
            path = os.path.relpath(at, partial)
            if path not in paths and path != JOURNAL:
                os.remove(at)


def _rename(partial: Path, target: Path) -> Path:
    name = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    taken = [one for one in os.listdir(target) if one.startswith(name)]
    folder = target / (f"{name}-{len(taken)}" if taken else name)
    partial.rename(folder)
    sync(target)
    return folder

"""Integrity check of a lake: detection and repair of missing, damaged and changed files.

A table's log contains the names and sizes of its files, and their pages have checksums; blobs are
named by the hash of their bytes. That a file can be opened is not taken as proof that it is intact.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.model.tables import Images, Recordings, Table
from annotate.store import deltalog, parquet
from annotate.store.backup import Backup
from annotate.store.blobs import NAMED
from annotate.store.columns import file_sizes
from annotate.store.lake import Lake
from annotate.store.location import LOG

BLOBS: tuple[tuple[type[Table], str], ...] = (
    (Recordings, "blob"),
    (Recordings, "clean_blob"),
    (Images, "blob"),
    (Images, "clean_blob"),
)
"""The columns that name blobs."""

NO_COPY = "the backup has no undamaged copy of it"

Progress = Callable[[int, int], None]
"""Called with the number of files checked and the total number of files."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One file of the lake that is missing or damaged.

    Attributes:
        path: Relative to the lake's root.
        detail: What is wrong with it.
        repaired: Whether it was replaced by an undamaged copy.
    """

    path: str
    problem: Literal["missing", "damaged"]
    detail: str
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Result of an inspection.

    Attributes:
        table_files: How many files of tables were read.
        blobs: How many blobs were read.
    """

    table_files: int
    blobs: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is left to repair."""
        return all(finding.repaired for finding in self.findings)


def inspect(
    lake: Lake, repair_from: str | None = None, progress: Progress | None = None
) -> Inspection:
    """Read every file of a lake and compare it with what was written.

    Args:
        repair_from: A copy of the lake or a folder of files, from which damaged and missing files
            are replaced where it has an undamaged copy.

    Raises:
        AnnotateError: There is no lake, or `repair_from` doesn't exist.
    """
    lake.location.reject_missing()
    backup = Backup(repair_from) if repair_from else None
    names = _tables(lake)
    logs = [finding for name in names for finding in _logs(lake, name, backup)]
    files = [job for name in names for job in _table_files(lake, name)]
    table_findings = list(_inspected(lake, files, backup, progress, 0))
    keys = _blob_keys(lake)
    blobs = list(_inspected(lake, [_Blob(key) for key in keys], backup, progress, len(files)))
    found = tuple(sorted([*logs, *table_findings, *blobs]))
    return Inspection(table_files=len(files), blobs=len(keys), findings=found)


@dataclass(frozen=True, slots=True)
class _TableFile:
    table: str
    name: str
    size: int

    @property
    def path(self) -> str:
        return f"tables/{self.table}/{self.name}"

    def check(self, lake: Lake) -> Finding | None:
        at = f"{lake.location.base}/{self.path}"
        try:
            size = os.stat(at).st_size
            detail = parquet.damage(at)
        except FileNotFoundError:
            return Finding(path=self.path, problem="missing", detail="the file is missing")
        if size != self.size:
            detail = f"{size} bytes instead of {self.size}"
        return Finding(path=self.path, problem="damaged", detail=detail) if detail else None

    def copy(self, backup: Backup) -> bytes | None:
        return backup.table_file(self.table, self.name, self.size)


@dataclass(frozen=True, slots=True)
class _Blob:
    path: str

    def check(self, lake: Lake) -> Finding | None:
        if lake.blobs.is_sound(self.path):
            return None
        if lake.location.fs.exists(lake.blobs.path(self.path)):
            detail = "its bytes don't have the hash in its name"
            return Finding(path=self.path, problem="damaged", detail=detail)
        return Finding(path=self.path, problem="missing", detail="the file is missing")

    def copy(self, backup: Backup) -> bytes | None:
        named = NAMED.match(self.path)
        return backup.blob(self.path, named[1]) if named else None


def _inspected(
    lake: Lake,
    jobs: Iterable[_TableFile | _Blob],
    backup: Backup | None,
    progress: Progress | None,
    before: int,
) -> Iterator[Finding]:
    listed = list(jobs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = pool.map(lambda job: job.check(lake), listed)
        for count, (job, finding) in enumerate(zip(listed, checked, strict=True), start=1):
            if finding:
                yield _repaired(lake, finding, backup, job.copy)
            if progress:
                progress(before + count, before + len(listed))


def _repaired(
    lake: Lake, finding: Finding, backup: Backup | None, find_copy: Callable[[Backup], bytes | None]
) -> Finding:
    if backup is None:
        return finding
    copy = find_copy(backup)
    if copy is None:
        return replace(finding, detail=f"{finding.detail}; {NO_COPY}")
    lake.blobs.replace(finding.path, copy)
    return replace(finding, repaired=True)


def _tables(lake: Lake) -> list[str]:
    folder = f"{lake.location.base}/tables"
    found = lake.location.fs.ls(folder, detail=False)
    existing = {path.rstrip("/").rpartition("/")[2] for path in found} - {deltalog.NOTES}
    return sorted(existing | set(deltalog.noted_tables(folder) if lake.location.folder else ()))


def _logs(lake: Lake, name: str, backup: Backup | None) -> Iterator[Finding]:
    """Findings for the files of a table's log that are missing or damaged."""
    table = lake.delta(name)
    if not table.local:
        return
    if not os.path.isdir(os.path.join(table.where, LOG)):
        yield from _whole_log(lake, name, backup)
        return
    for version, problem in deltalog.errors(table.where):
        file = f"{version:020d}.json"
        finding = Finding(
            path=f"tables/{name}/{LOG}/{file}", problem=problem, detail="part of the table's log"
        )
        yield _repaired(lake, finding, backup, partial(Backup.log_file, table=name, name=file))


def _whole_log(lake: Lake, name: str, backup: Backup | None) -> Iterator[Finding]:
    """Finding for a missing log; it is restored commit by commit if the backup has it."""
    path = f"tables/{name}/{LOG}"
    lost = Finding(path=path, problem="missing", detail="the table's log is missing")
    commits = backup.log(name) if backup else {}
    for file, data in sorted(commits.items()):
        lake.blobs.replace(f"{path}/{file}", data)
    without = f"{lost.detail}; {NO_COPY}" if backup and not commits else lost.detail
    yield replace(lost, repaired=bool(commits), detail=without)


def _table_files(lake: Lake, name: str) -> list[_TableFile]:
    table = lake.delta(name)
    try:
        found = table.load()
    except AnnotateError:
        return []  # its log is among the findings
    if found is None or not table.local:
        return []
    return [_TableFile(name, file, size) for file, size in sorted(file_sizes(found).items())]


def _blob_keys(lake: Lake) -> list[str]:
    """The keys of all blobs that exist or that tables name."""
    base = f"{lake.location.base}/blobs"
    existing = lake.location.fs.find(base) if lake.location.fs.exists(base) else []
    keys = {f"blobs/{path.removeprefix(base).lstrip('/')}" for path in existing}
    for table, column in BLOBS:
        try:
            rows = lake.scan(table).select(pl.col(column).drop_nulls().unique()).collect()
        except (AnnotateError, OSError, pl.exceptions.PolarsError):
            continue  # the table is among the findings
        keys.update(rows[column])
    return sorted(keys)

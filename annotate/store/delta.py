"""Delta tables to which many processes append at once, each row with its place in their order.

Wall clocks of several machines don't agree, and one machine's may be set back. The versions of a
Delta table are in one order that all writers share: a commit makes the next version or fails. So
every row carries the version of the commit that added it.
"""

from __future__ import annotations

import json
import os
import random
import time
import uuid
import weakref
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from deltalake.transaction import AddAction

from annotate.model.errors import AnnotateError
from annotate.store import deltalog
from annotate.store.faults import RESTORE, first_line, told
from annotate.store.place import LOG, Place
from annotate.store.unexpected import is_unexpected

VERSION = "commit_version"
"""The column with the version of the commit that added a row. Null in rows that are older than
this column; they come before all others."""

TRIES = 200
"""As often others may commit first in a row before something must be wrong with the table."""

LONGEST_WAIT_SECONDS = 0.5
"""Before the next try, at most: each waits a random time, so that they don't meet again."""

ONCE = CommitProperties(max_commit_retries=0)
"""Delta Lake's own retries would commit a version other than the one in the rows."""


OPENED: weakref.WeakSet[Delta] = weakref.WeakSet()
"""The tables that this process has read."""


def find_damage() -> AnnotateError | None:
    """Read again every table that this process has read; tell of the first damaged file."""
    for table in list(OPENED):
        with suppress(AnnotateError):  # whoever opens that table is told so
            snapshot = table.open()
            if snapshot is not None and (damaged := snapshot.damaged()):
                return damaged
    return None


def order(columns: Iterable[str]) -> list[str]:
    """What sorts rows by their commits, oldest first: nulls come first.

    `written_at` decides between rows older than the column, `step_key` between those of one commit.
    """
    return [name for name in (VERSION, "written_at", "step_key") if name in columns]


class Delta:
    """One table of a lake.

    Attributes:
        where: Its path or URL, for people to read.
        read_well: Files of it that have been read in full, and were sound.
    """

    def __init__(self, place: Place, name: str, storage_options: Mapping[str, str]):
        self._place = place
        self._name = name
        self.options = dict(storage_options) or None
        self.where = place.table(name)
        self.local = place.folder is not None
        self._sound: set[tuple[str, int]] = set()
        self.read_well: set[str] = set()

    def open(self) -> Snapshot | None:
        """The table as it is now; None when there is none.

        Raises:
            AnnotateError: If it can't be read, or has lost something.
        """
        OPENED.add(self)
        if not self.local:
            found = self._load()
            return Snapshot(table=found, of=self, sizes={}) if found else None
        if not os.path.isdir(os.path.join(self.where, LOG)):
            return None
        try:
            noted = deltalog.newest_noted(self.where)
            deltalog.refuse_empty_commits(self.where)
            found = self._load()
            if found is None and noted is None:
                return None
            version = -1 if found is None else found.version()
            sizes = {} if found is None else _sizes(found)
            deltalog.refuse_lost_commits(self.where, noted, version, len(sizes))
            deltalog.refuse_damaged_files(self.where, sizes.items() - self._sound)
            self._sound.update(sizes.items())  # files never change: once is enough
        except OSError as error:
            raise told(f"cannot read {self.where}", error) from error
        return Snapshot(table=found, of=self, sizes=sizes) if found else None

    def make(self, schema: Mapping[str, pl.DataType]) -> None:
        """Make the table, empty, unless another process has.

        Raises:
            AnnotateError: If it can't be made.
        """
        try:
            if self.local:
                os.makedirs(os.path.join(self.where, LOG), exist_ok=True)
            DeltaTable.create(self._uri(), _delta_schema(schema), storage_options=self.options)
        except BaseException as error:
            if not is_unexpected(error):
                raise
            if isinstance(error, OSError) or self.open() is None:
                raise told(f"cannot write to {self.where}", error) from error

    def append(self, rows: pl.DataFrame) -> None:
        """Add rows in one atomic commit, which makes the table if need be.

        Raises:
            AnnotateError: If the commit doesn't get through.
        """
        for attempt in range(TRIES):
            snapshot = self.open()
            if snapshot is None:
                # A commit of its own: a table that is made has no rows whose version is unknown.
                self.make(rows.schema)
            elif snapshot.append(rows):
                return
            else:
                longest = min(LONGEST_WAIT_SECONDS, 0.02 * (attempt + 1))
                time.sleep(random.uniform(0, longest))  # noqa: S311 (spreads them out)
        raise AnnotateError(
            f"cannot commit to {self.where}: others always came first; run the same command again"
        )

    def _uri(self) -> str:
        return self._place.delta_uri(self._name)

    def _load(self) -> DeltaTable | None:
        try:
            return DeltaTable(self._uri(), storage_options=self.options)
        except TableNotFoundError:
            return None
        except BaseException as error:
            if not is_unexpected(error):
                raise
            found = deltalog.diagnosed(self.where) if self.local else None
            raise found or AnnotateError(
                f"the table {self.where} can't be read ({first_line(error)}): {RESTORE}"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """A table as it stood at one version.

    Attributes:
        sizes: Its files' names and sizes in bytes, if it lies in a folder.
    """

    table: DeltaTable
    of: Delta
    sizes: Mapping[str, int]

    @property
    def version(self) -> int:
        """The table's version."""
        return int(self.table.version())

    @property
    def files(self) -> frozenset[str]:
        """The names or addresses of the files that it consists of."""
        return frozenset(self.sizes if self.of.local else self.table.file_uris())

    def scan(self, files: Collection[str] | None = None) -> pl.LazyFrame:
        """Every row, or those in some of the files."""
        if not self.of.local and files is None:
            return pl.scan_delta(self.table)
        schema = _own_schema(self.table)
        names = sorted(self.files if files is None else files)
        if not names:
            return pl.LazyFrame(schema=schema)
        folder = f"{self.of.where}/" if self.of.local else ""
        return pl.scan_parquet(
            [folder + name for name in names],
            glob=False,  # a folder's name may look like a pattern, or like a column's value
            hive_partitioning=False,
            schema=schema,
            missing_columns="insert",
            extra_columns="ignore",
            cast_options=pl.ScanCastOptions(
                missing_struct_fields="insert", extra_struct_fields="ignore"
            ),
            storage_options=self.of.options,
        )

    def append(self, rows: pl.DataFrame) -> bool:
        """Add rows as the version after this one; False if another commit has made that version.

        Raises:
            AnnotateError: If the table can't be written.
        """
        rows = rows.with_columns(pl.lit(self.version + 1, pl.Int64).alias(VERSION))
        try:
            if not self.of.local:
                self._append_remote(rows)
            elif not self._has(rows.schema):
                fields = _delta_schema(rows.schema).fields
                self.table.alter.add_columns(fields, commit_properties=ONCE)
                return False  # that made a version too: the rows come after it
            else:
                self._append_local(rows)
        except CommitFailedError:
            return False
        except BaseException as error:
            if not is_unexpected(error):
                raise
            raise told(f"cannot write to {self.of.where}", error) from error
        return True

    def damaged(self) -> AnnotateError | None:
        """Read every file, once in a process's life; tell of the first that can't be read."""
        for name in sorted(self.files - self.of.read_well):
            try:
                self.scan([name]).select(pl.all().hash()).collect(engine="streaming")
            except BaseException as error:
                if not is_unexpected(error):
                    raise
                path = f"{self.of.where}/{name}" if self.of.local else name
                why = first_line(error)
                return AnnotateError(f"{path}, a file of a table, is damaged ({why}): {RESTORE}")
            self.of.read_well.add(name)
        return None

    def _has(self, schema: Mapping[str, pl.DataType]) -> bool:
        """Whether the table has all columns, and fields in them."""
        there = _own_schema(self.table)
        return all(_covers(there.get(name), kind) for name, kind in schema.items())

    def _append_local(self, rows: pl.DataFrame) -> None:
        name = f"part-{self.version + 1:08d}-{uuid.uuid4()}.parquet"
        path = os.path.join(self.of.where, name)
        facts = _write_parquet(path, rows)
        stats = json.dumps({"numRecords": rows.height})
        added = AddAction(name, facts.st_size, {}, int(facts.st_mtime * 1000), True, stats)
        version = self.version + 1
        try:
            self.table.create_write_transaction(
                [added], "append", self.table.schema(), commit_properties=ONCE
            )
        except CommitFailedError:
            # A network file system may say that somebody else made the version, and it was us.
            if not deltalog.commit_names(self.of.where, version, name):
                os.remove(path)
                raise
        deltalog.note(self.of.where, version, len(self.sizes) + 1)

    def _append_remote(self, rows: pl.DataFrame) -> None:
        how: dict[str, Any] = {"commit_properties": ONCE}
        if dict(_own_schema(self.table)) != dict(rows.schema):
            how["schema_mode"] = "merge"  # the table is older than one of the columns
        rows.write_delta(self.table, mode="append", delta_write_options=how)


def _write_parquet(path: str, rows: pl.DataFrame) -> os.stat_result:
    """Write a new file, so that it is on the disk before a commit names it."""
    try:
        with open(path, "xb") as file:
            rows.write_parquet(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            os.remove(path)
        raise
    return os.stat(path)


def _own_schema(table: DeltaTable) -> pl.Schema:
    return pl.Schema(table.schema().to_arrow())


def _delta_schema(schema: Mapping[str, pl.DataType]) -> Schema:
    return Schema.from_arrow(pl.Schema(schema))


def _sizes(table: DeltaTable) -> dict[str, int]:
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    return dict(actions.select("path", "size_bytes").iter_rows())


def _covers(there: Any, kind: Any) -> bool:
    """Whether a column of the one type can hold the other: it has at least all its fields."""
    if isinstance(there, pl.Struct) and isinstance(kind, pl.Struct):
        fields = {field.name: field.dtype for field in there.fields}
        return all(_covers(fields.get(field.name), field.dtype) for field in kind.fields)
    if isinstance(there, pl.List) and isinstance(kind, pl.List):
        return _covers(there.inner, kind.inner)
    return bool(there == kind)

"""Concurrent appends to Delta tables, with the commit version in each row.

Wall clocks of several machines differ, and one machine's clock may be set back. The versions of a
Delta table have one order that all writers share: a commit creates the next version or fails. So
every row contains the version of the commit that added it.
"""

from __future__ import annotations

import json
import os
import random
import time
import weakref
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, TableNotFoundError
from deltalake.transaction import AddAction

from annotate.model.errors import AnnotateError
from annotate.model.unexpected import is_unexpected
from annotate.store import deltalog, parquet
from annotate.store.columns import covers, delta_schema, file_sizes, own_schema
from annotate.store.error_messages import RESTORE, first_line, user_error
from annotate.store.location import LOG, LakeLocation

VERSION = "commit_version"
"""The column with the version of the commit that added a row. Null in rows that are older than
this column; those sort before all others."""

TRIES = 200
"""Failed attempts to commit, because of commits by others, before an error is raised."""

LONGEST_WAIT_SECONDS = 0.5
"""Longest wait before the next attempt; it is random, so that writers don't collide again."""

ONCE = CommitProperties(max_commit_retries=0)
"""No retries by Delta Lake: they would commit a version other than the one in the rows."""


OPENED: weakref.WeakSet[Delta] = weakref.WeakSet()
"""The tables that this process has read."""


def order(columns: Iterable[str]) -> list[str]:
    """Sort columns that order rows by their commits, oldest first, with nulls first.

    `written_at` decides between rows older than the column, `step_key` between those of one commit.
    """
    return [name for name in (VERSION, "written_at", "step_key") if name in columns]


class Delta:
    """One table of a lake.

    Attributes:
        where: Its path or URL, for messages.
        read_well: Its files that have been read in full and are undamaged.
    """

    def __init__(self, location: LakeLocation, name: str, storage_options: Mapping[str, str]):
        self._location = location
        self._name = name
        self.options = dict(storage_options) or None
        self.where = location.table(name)
        self.local = location.folder is not None
        self._sound: set[tuple[str, int]] = set()
        self.read_well: set[str] = set()
        self._unchanged: set[str] = set()

    def open(self) -> Snapshot | None:
        """The table at its newest version; None when there is none.

        Raises:
            AnnotateError: If it can't be read, or files or commits are missing.
        """
        OPENED.add(self)
        if not self.local:
            found = self.load()
            return Snapshot(table=found, of=self, sizes={}) if found else None
        if not os.path.isdir(os.path.join(self.where, LOG)):
            deltalog.reject_lost_log(self.where)
            return None
        try:
            noted = deltalog.newest_noted(self.where)
            deltalog.reject_empty_commits(self.where)
            found = self.load()
            if found is None and noted is None:
                return None
            version = -1 if found is None else found.version()
            sizes = {} if found is None else file_sizes(found)
            deltalog.reject_lost_commits(self.where, noted, version, len(sizes))
            deltalog.reject_damaged_files(self.where, sizes.items() - self._sound)
            self._sound.update(sizes.items())  # files never change: once is enough
        except OSError as error:
            raise user_error(f"cannot read {self.where}", error) from error
        return Snapshot(table=found, of=self, sizes=sizes) if found else None

    def make(self, schema: Mapping[str, pl.DataType]) -> None:
        """Create the table, empty, unless another process has.

        Raises:
            AnnotateError: If it can't be created.
        """
        try:
            if self.local:
                os.makedirs(os.path.join(self.where, LOG), exist_ok=True)
            DeltaTable.create(self._uri(), delta_schema(schema), storage_options=self.options)
        except BaseException as error:
            if not is_unexpected(error):
                raise
            if isinstance(error, OSError) or self.open() is None:
                raise user_error(f"cannot write to {self.where}", error) from error

    def append(self, rows: pl.DataFrame) -> None:
        """Add rows in one atomic commit; create the table if it doesn't exist.

        Raises:
            AnnotateError: If the commit fails.
        """
        for attempt in range(TRIES):
            snapshot = self.open()
            if snapshot is None:
                # Creation is a commit of its own: so the version of the first rows is known.
                self.make(rows.schema)
            elif snapshot.append(rows):
                return
            else:
                longest = min(LONGEST_WAIT_SECONDS, 0.02 * (attempt + 1))
                time.sleep(random.uniform(0, longest))  # noqa: S311 (spreads them out)
        raise AnnotateError(
            f"cannot commit to {self.where}: other processes committed first each time; run the "
            "same command again"
        )

    def reject_changed(self, names: Iterable[str]) -> None:
        """Check that files are unchanged, as far as possible before their pages are read.

        Raises:
            AnnotateError: If one has changed.
        """
        for name in names:
            if name in self._unchanged:  # files never change: once is enough
                continue
            path = os.path.join(self.where, name)
            if found := parquet.outer_damage(path):
                raise AnnotateError(f"{path}, a file of a table, is damaged ({found}): {RESTORE}")
            self._unchanged.add(name)

    def _uri(self) -> str:
        return self._location.delta_uri(self._name)

    def load(self) -> DeltaTable | None:
        """The table according to its log, files unchecked; None when there is none.

        Raises:
            AnnotateError: If the log can't be read.
        """
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
    """A table at one version.

    Attributes:
        sizes: Its files' names and sizes in bytes, if it is in a local folder.
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
        """The names of its files, or their URLs on an object store."""
        return frozenset(self.sizes if self.of.local else self.table.file_uris())

    def scan(self, files: Collection[str] | None = None) -> pl.LazyFrame:
        """Every row, or those in some of the files."""
        if not self.of.local and files is None:
            return pl.scan_delta(self.table)
        schema = own_schema(self.table)
        names = sorted(self.files if files is None else files)
        if not names:
            return pl.LazyFrame(schema=schema)
        if self.of.local:
            self.of.reject_changed(names)
            return parquet.scan([f"{self.of.where}/{name}" for name in names], schema)
        return pl.scan_parquet(
            names,
            glob=False,
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
        """Add rows as the next version; False if another commit has created that version.

        Raises:
            AnnotateError: If the table can't be written.
        """
        rows = rows.with_columns(pl.lit(self.version + 1, pl.Int64).alias(VERSION))
        try:
            if not self.of.local:
                self._append_remote(rows)
            elif not self._has(rows.schema):
                fields = delta_schema(rows.schema).fields
                self.table.alter.add_columns(fields, commit_properties=ONCE)
                return False  # that created a version too: the rows are appended after it
            else:
                self._append_local(rows)
        except CommitFailedError:
            return False
        except BaseException as error:
            if not is_unexpected(error):
                raise
            raise user_error(f"cannot write to {self.of.where}", error) from error
        return True

    def damaged(self) -> AnnotateError | None:
        """Read every file, once per process; report the first that can't be read."""
        for name in sorted(self.files - self.of.read_well):
            path = os.path.join(self.of.where, name) if self.of.local else name
            try:
                found = parquet.damage(path) if self.of.local else self._error_in(name)
            except FileNotFoundError:
                found = "missing"
            if found:
                return AnnotateError(f"{path}, a file of a table, is damaged ({found}): {RESTORE}")
            self.of.read_well.add(name)
        return None

    def _error_in(self, name: str) -> str | None:
        """What is wrong with a file on an object store, as far as reading it shows."""
        try:
            self.scan([name]).select(pl.all().hash()).collect(engine="streaming")
        except BaseException as error:
            if not is_unexpected(error):
                raise
            return first_line(error)
        return None

    def _has(self, schema: Mapping[str, pl.DataType]) -> bool:
        """Whether the table has all columns, and fields in them."""
        existing = own_schema(self.table)
        return all(covers(existing.get(name), kind) for name, kind in schema.items())

    def _append_local(self, rows: pl.DataFrame) -> None:
        file = parquet.write(self.of.where, self.version + 1, rows)
        stats = json.dumps({"numRecords": rows.height})
        added = AddAction(file.name, file.size, {}, file.modified_ms, True, stats)
        version = self.version + 1
        try:
            self.table.create_write_transaction(
                [added], "append", self.table.schema(), commit_properties=ONCE
            )
        except CommitFailedError:
            # A network file system may report a conflict although this process made the version.
            if not deltalog.commit_names(self.of.where, version, file.name):
                os.remove(os.path.join(self.of.where, file.name))
                raise
        deltalog.note(self.of.where, version, len(self.sizes) + 1)

    def _append_remote(self, rows: pl.DataFrame) -> None:
        options: dict[str, Any] = {"commit_properties": ONCE}
        if dict(own_schema(self.table)) != dict(rows.schema):
            options["schema_mode"] = "merge"  # the table is older than one of the columns
        rows.write_delta(self.table, mode="append", delta_write_options=options)

"""The append-only tables of one lake, in which the newest row of a key is valid.

A commit is atomic, so a table is consistent after a kill at any moment. Any number of processes
may append at once; their commits are serialized in the order of the table's versions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.model.tables import STAMPED, Quarantine, Table, dtypes, table_name
from annotate.store.blobs import Blobs
from annotate.store.delta import Delta, Snapshot, order
from annotate.store.location import LakeLocation

RESOLVED = "resolved"
"""The reason in a quarantined item's newest row once the item has been processed after all."""


class Lake:
    """A root folder or object storage prefix that contains tables, blobs and releases.

    Args:
        root: A path or URL; created on first write.
        storage_options: Credentials and other options of the object store.

    Attributes:
        root: As given, for messages.
        location: The resolved location.

    Raises:
        AnnotateError: If no lake can be at `root`.
    """

    def __init__(
        self, root: str | os.PathLike[str], storage_options: Mapping[str, str] | None = None
    ):
        self.storage_options = dict(storage_options or {})
        self.location = LakeLocation(os.fspath(root), self.storage_options)
        self.root = self.location.root
        self._deltas: dict[str, Delta] = {}

    @cached_property
    def blobs(self) -> Blobs:
        """The audio and images, content-addressed."""
        return Blobs(self.location)

    def scan(self, table: type[Table]) -> pl.LazyFrame:
        """Every row ever written to the table; empty when there is no table."""
        found = self._open(table)
        if found is None:
            return pl.LazyFrame(schema=dtypes(table))
        return _with_columns_of(table, found.scan())

    def current(self, table: type[Table], only: pl.DataFrame | None = None) -> pl.LazyFrame:
        """The newest row for each key, in the order of commits; the result is in no order.

        Args:
            only: Restricts the result to rows that match one of its rows in all its columns, which
                must be key columns. Faster than a filter afterwards.
        """
        rows = self.scan(table)
        if only is not None:
            rows = rows.join(only.lazy(), on=only.columns, how="semi")
        newest_last = rows.sort(order(dtypes(table)))
        return newest_last.unique(table.primary_key(), keep="last", maintain_order=False)

    def read(self, table: type[Table]) -> pl.DataFrame:
        """The newest row for each key, sorted by key, checked against the schema."""
        frame = self.current(table).sort(table.primary_key()).collect()
        return table.validate(frame)

    def append(self, table: type[Table], rows: pl.DataFrame) -> pl.DataFrame:
        """Add rows in one atomic commit.

        Args:
            rows: The table's columns. `written_at` and `commit_version` are set here.

        Returns:
            The rows that broke a rule of the schema and were left out, with a column `broken`
            that names the rules; empty if there are none. All rows with the same key are broken,
            as nothing determines which one is the newest.

        Raises:
            AnnotateError: If the commit fails.
        """
        if rows.is_empty():
            return rows.with_columns(broken=pl.lit(""))
        good, broken = sift(table, rows)
        if not good.is_empty():
            self.delta(table_name(table)).append(good)
        return broken

    def add(self, table: type[Table], rows: pl.DataFrame) -> None:
        """Add rows computed by the program in one atomic commit: all of them or none.

        Raises:
            AnnotateError: If a row breaks a rule of the schema, or the commit fails.
        """
        if rows.is_empty():
            return
        good, broken = sift(table, rows)
        if not broken.is_empty():
            key = ", ".join(str(broken[name][0]) for name in table.primary_key())
            raise AnnotateError(
                f"cannot write to the table {table_name(table)}: {key} breaks "
                f"{broken['broken'][0]}, an internal error that is worth a report"
            )
        self.delta(table_name(table)).append(good)

    def counts(self) -> dict[str, int]:
        """The number of current rows per table."""
        return {
            table_name(table): self.current(table).select(pl.len()).collect().item()
            for table in sorted(Table.__subclasses__(), key=table_name)
        }

    def quarantined(self) -> pl.DataFrame:
        """The newest rejection of each item that is rejected and not resolved."""
        return self.read(Quarantine).filter(pl.col("reason") != RESOLVED)

    def delta(self, name: str) -> Delta:
        """The Delta table of that name, which need not exist."""
        if name not in self._deltas:
            self._deltas[name] = Delta(self.location, name, self.storage_options)
        return self._deltas[name]

    def _open(self, table: type[Table]) -> Snapshot | None:
        return self.delta(table_name(table)).open()


def _with_columns_of(table: type[Table], rows: pl.LazyFrame) -> pl.LazyFrame:
    """The table's columns; columns that its files lack are null."""
    existing = rows.collect_schema()
    return rows.select(
        (pl.col(name) if name in existing else pl.lit(None)).cast(kind).alias(name)
        for name, kind in dtypes(table).items()
    )


def sift(table: type[Table], rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that meet the schema's rules, stamped; and the others, with a column `broken`."""
    stamped = rows.with_columns(
        written_at=pl.lit(datetime.now(UTC)).cast(pl.Datetime("us", "UTC")),
        commit_version=pl.lit(None, pl.Int64),
    ).select(pl.col(name).cast(kind) for name, kind in dtypes(table).items())
    good, failures = table.filter(stamped)
    return good, _name_broken_rules(failures.details(), list(dtypes(table)))


def _name_broken_rules(details: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The failing rows with a column `broken`: the names of the rules that each one broke."""
    rules = [name for name in details.columns if name not in columns]
    broken = pl.concat_list(
        pl.when(pl.col(rule).cast(pl.String) == "invalid").then(pl.lit(rule)) for rule in rules
    )
    return details.select(*columns, broken=broken.list.drop_nulls().list.join(", "))


def content(lake: Lake, table: type[Table]) -> list[dict[str, Any]]:
    """The table's rows without the columns in `STAMPED`: equal for lakes with equal content."""
    return lake.read(table).drop(STAMPED).to_dicts()

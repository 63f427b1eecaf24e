"""Delta tables to which many processes append at once, each row with its place in their order.

Wall clocks of several machines don't agree, and one machine's may be set back. The versions of a
Delta table are in one order that all writers share: a commit makes the next version or fails. So
every row carries the version of the commit that added it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from annotate.model.errors import AnnotateError

VERSION = "commit_version"
"""The column with the version of the commit that added a row. Null in rows that are older than
this column; they come before all others."""

TRIES = 200
"""As often others may commit first in a row before something must be wrong with the table."""

LONGEST_WAIT_SECONDS = 0.5
"""Before the next try, at most: each waits a random time, so that they don't meet again."""


def order(columns: Iterable[str]) -> list[str]:
    """What sorts rows by their commits, oldest first: nulls come first.

    `written_at` decides between rows older than the column, `step_key` between those of one commit.
    """
    return [name for name in (VERSION, "written_at", "step_key") if name in columns]


def open_table(uri: str, storage_options: Mapping[str, str]) -> DeltaTable | None:
    """The table as it is now; None when there is none.

    Raises:
        AnnotateError: If it can't be read.
    """
    try:
        return DeltaTable(uri, storage_options=dict(storage_options) or None)
    except TableNotFoundError:
        return None
    except OSError as error:
        raise AnnotateError(f"cannot read {uri}: {error}") from error


def make_table(uri: str, schema: Mapping[str, pl.DataType], options: Mapping[str, str]) -> None:
    """Make an empty table, unless another process has.

    Raises:
        AnnotateError: If it can't be made.
    """
    empty = pl.DataFrame(schema=schema)
    try:
        empty.write_delta(uri, mode="error", storage_options=dict(options) or None)
    except DeltaError as error:
        if open_table(uri, options) is None:
            raise AnnotateError(f"cannot make the table {uri}: {error}") from error
    except OSError as error:
        raise AnnotateError(f"cannot write to {uri}: {error}") from error


def append(uri: str, rows: pl.DataFrame, storage_options: Mapping[str, str]) -> None:
    """Add rows in one atomic commit, which makes the table if need be.

    Raises:
        AnnotateError: If the commit doesn't get through.
    """
    for attempt in range(TRIES):
        table = open_table(uri, storage_options)
        if table is None:
            # A commit of its own: a table that is made holds no rows whose version is unknown.
            make_table(uri, rows.schema, storage_options)
        elif append_to(table, rows):
            return
        else:
            longest = min(LONGEST_WAIT_SECONDS, 0.02 * (attempt + 1))
            time.sleep(random.uniform(0, longest))  # noqa: S311 (spreads them out)
    raise AnnotateError(
        f"cannot commit to {uri}: others always came first; run the same command again"
    )


def append_to(table: DeltaTable, rows: pl.DataFrame) -> bool:
    """Add rows as the version after this one; False if another commit has made that version.

    Raises:
        AnnotateError: If the table can't be written.
    """
    rows = rows.with_columns(pl.lit(table.version() + 1, pl.Int64).alias(VERSION))
    # Delta Lake's own retries would commit a version other than the one in the rows.
    how: dict[str, Any] = {"commit_properties": CommitProperties(max_commit_retries=0)}
    if dict(pl.Schema(table.schema().to_arrow())) != dict(rows.schema):
        how["schema_mode"] = "merge"  # the table is older than one of the columns
    try:
        rows.write_delta(table, mode="append", delta_write_options=how)
    except CommitFailedError:
        return False
    except OSError as error:
        raise AnnotateError(f"cannot write to {table.table_uri}: {error}") from error
    return True

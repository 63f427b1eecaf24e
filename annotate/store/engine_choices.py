"""The table `engines`: which engine was chosen for a lake's transcripts by one model and settings.

The first row of a key is valid and stays so. A row is written by compare-and-swap: the commit
follows a version of the table without a row of its key, or fails and the table is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import dataframely as dy
import polars as pl

from annotate.model.errors import AnnotateError
from annotate.store.delta import TRIES, Snapshot, order
from annotate.store.lake import Lake

ENGINES = "engines"
"""The table's name in the lake."""


class Engines(dy.Schema):
    """Chosen engines. Bookkeeping and no `Table`: two lakes with the same content may differ."""

    key = dy.String(primary_key=True)
    engine = dy.String()
    reason = dy.String()
    written_at = dy.Datetime(time_unit="us", time_zone="UTC")
    commit_version = dy.Int64(nullable=True, min=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEngine:
    """An engine as recorded in a lake.

    Attributes:
        reason: Why it was chosen, as text for people.
        at: When it was recorded, by the clock of the machine that did.
    """

    engine: str
    reason: str
    at: datetime


def engine_dtypes() -> dict[str, pl.DataType]:
    """The polars types of the table's columns, in order."""
    return {name: column.dtype for name, column in Engines.columns().items()}


def recorded(lake: Lake, key: str) -> RecordedEngine | None:
    """The engine recorded for a key, if there is one. Nothing is written."""
    found = lake.delta(ENGINES).open()
    return None if found is None else _first(found, key)


def record(lake: Lake, key: str, engine: str, reason: str) -> RecordedEngine:
    """Record an engine for a key, unless one is recorded.

    Returns:
        The recorded engine, which another process may have written.

    Raises:
        AnnotateError: If the lake can't be read or written.
    """
    for _ in range(TRIES):
        version = _opened(lake)
        if (before := _first(version, key)) is not None:
            return before
        now = datetime.now(UTC)
        row = {"key": key, "engine": engine, "reason": reason, "written_at": now}
        if version.append(pl.DataFrame([row], schema=engine_dtypes())):
            return RecordedEngine(engine=engine, reason=reason, at=now)
    raise AnnotateError(
        f"the engine can't be recorded: check that nothing else writes the table `{ENGINES}`, or "
        "name one with --engine"
    )


def _first(version: Snapshot, key: str) -> RecordedEngine | None:
    rows = version.scan().filter(pl.col("key") == key)
    first = rows.sort(order(engine_dtypes())).head(1).collect()
    if first.is_empty():
        return None
    row = first.row(0, named=True)
    return RecordedEngine(engine=row["engine"], reason=row["reason"], at=row["written_at"])


def _opened(lake: Lake) -> Snapshot:
    table = lake.delta(ENGINES)
    if table.open() is None:
        table.make(engine_dtypes())
    found = table.open()
    if found is None:
        raise AnnotateError(f"cannot write to {lake.root}: check its permissions")
    return found

"""Refusals of what a source no longer has: nobody can mend them, so nobody needs to see them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from annotate.model.tables import Quarantine
from annotate.store.lake import RESOLVED, Lake
from annotate.store.quarantine import resolve


def resolve_gone(lake: Lake, prefix: str, names: Iterable[str]) -> int:
    """Mark as resolved what ingest refused of a source and the source doesn't have any more.

    A line of a manifest that can't be read is known by its number alone. Once it is mended it
    has its recording's name, and once lines shift the number means another line.

    Args:
        prefix: What the names of the source's items begin with.
        names: The items that it has now.

    Returns:
        How many refusals were resolved.
    """
    there = pl.LazyFrame({"item": list(names)}, {"item": pl.String})
    mine = (pl.col("step") == "ingest") & pl.col("item").str.starts_with(prefix)
    refused = lake.current(Quarantine).filter(mine & (pl.col("reason") != RESOLVED))
    gone = refused.join(there, on="item", how="anti").sort("item").collect()
    resolve(lake, gone)
    return gone.height

"""Rejections of what a source no longer has: nobody can mend them, so they are resolved."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from annotate.store.lake import Lake
from annotate.store.quarantine import quarantined_by, resolve


def resolve_gone(lake: Lake, prefix: str, names: Iterable[str]) -> int:
    """Resolve what ingest rejected of a source and the source doesn't have any more.

    A line of a manifest that can't be read is known by its number alone. Once it is mended it
    has its recording's name, and once lines shift the number means another line.

    Args:
        prefix: What the names of the source's items begin with.
        names: The items that it has now.

    Returns:
        How many rejections were resolved.
    """
    there = pl.LazyFrame({"item": list(names)}, {"item": pl.String})
    rejected = quarantined_by(lake, "ingest").filter(pl.col("item").str.starts_with(prefix))
    gone = rejected.join(there, on="item", how="anti").sort("item").collect()
    resolve(lake, gone)
    return gone.height

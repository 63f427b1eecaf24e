"""Resolves rejections of items that a source no longer contains, as they can't be fixed."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from annotate.store.lake import Lake
from annotate.store.quarantine import quarantined_by, resolve


def resolve_removed(lake: Lake, prefix: str, names: Iterable[str]) -> int:
    """Resolve rejections of a source's items that the source doesn't contain any more.

    An unreadable line of a manifest is identified by its number alone. Once it is fixed, its name
    is that of its recording, and once lines shift, the number identifies another line.

    Args:
        prefix: Prefix of the names of the source's items.
        names: The items that it contains now.

    Returns:
        How many rejections were resolved.
    """
    present = pl.LazyFrame({"item": list(names)}, {"item": pl.String})
    rejected = quarantined_by(lake, "ingest").filter(pl.col("item").str.starts_with(prefix))
    removed = rejected.join(present, on="item", how="anti").sort("item").collect()
    resolve(lake, removed)
    return removed.height

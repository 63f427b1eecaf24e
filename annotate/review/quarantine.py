"""Quarantine for what passes to and from reviewers, which is no step's work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.tables import Quarantine, content_frame
from annotate.store.lake import RESOLVED, Lake


def refuse(lake: Lake, step: str, refusals: Sequence[Rejection], keys: Mapping[str, str]) -> None:
    """Write the refusals that aren't there yet.

    Args:
        keys: The step key of each refused item.
    """
    rows = [
        {"step": step, "item": one.item, "reason": one.reason, "detail": one.detail}
        for one in {one.item: one for one in refusals}.values()
    ]
    frame = content_frame(Quarantine, rows).with_columns(
        step_key=pl.col("item").replace_strict(keys, default="", return_dtype=pl.String)
    )
    known = lake.quarantined().select("step", "item", "reason", "detail", "step_key")
    lake.add(Quarantine, frame.join(known, on=known.columns, how="anti"))


def resolve(lake: Lake, step: str, items: Sequence[str]) -> None:
    """Note that items refused before have come through."""
    mended = lake.quarantined().filter((pl.col("step") == step) & pl.col("item").is_in(list(items)))
    lake.add(Quarantine, mended.with_columns(reason=pl.lit(RESOLVED)))


def by_reason(refusals: Sequence[Rejection]) -> dict[str, int]:
    """How many were refused for each reason."""
    return dict(sorted(Counter(one.reason for one in refusals).items()))

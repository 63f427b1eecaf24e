"""Which captions still want a person's judgement."""

from __future__ import annotations

import polars as pl

from annotate.model.tables import Captions, Reviews
from annotate.store.lake import Lake


def undecided(lake: Lake) -> pl.LazyFrame:
    """Captions with a text and without a row by a person, be it the newest row or an older one."""
    decided = lake.scan(Reviews).filter(~pl.col("automatic")).select("caption_id").unique()
    return (
        lake.current(Captions)
        .filter(pl.col("text") != "")
        .join(decided, on="caption_id", how="anti")
    )

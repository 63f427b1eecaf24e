"""Which captions no person has decided on, and which of them only a person may accept."""

from __future__ import annotations

import polars as pl

from annotate.model.tables import Captions, Reviews
from annotate.review.options import ReviewOptions
from annotate.store.lake import Lake
from annotate.store.unseen import for_people


def undecided(lake: Lake) -> pl.LazyFrame:
    """Captions with a text and without a row by a person, be it the newest row or an older one."""
    return without_decisions(lake, lake.current(Captions).filter(pl.col("text") != ""))


def without_decisions(lake: Lake, captions: pl.LazyFrame) -> pl.LazyFrame:
    """Those of the captions on which no person has decided."""
    decided = lake.scan(Reviews).filter(~pl.col("automatic")).select("caption_id").unique()
    return captions.join(decided, on="caption_id", how="anti")


def count_for_people(lake: Lake, options: ReviewOptions) -> int:
    """How many undecided captions may not be accepted unseen."""
    barred = for_people(lake, options.accept_unseen)
    rows = undecided(lake).join(barred, on="image_id", how="semi")
    count: int = rows.select(pl.len()).collect().item()
    return count

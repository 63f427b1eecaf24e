"""Which captions no person has decided on, and which of them only a person may accept."""

from __future__ import annotations

import polars as pl

from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.options import ReviewOptions
from annotate.store.lake import Lake
from annotate.store.standing import USABLE, standing
from annotate.store.unseen import for_people


def undecided(lake: Lake) -> pl.LazyFrame:
    """Captions with a text and without a row by a person, be it the newest row or an older one.

    A caption with a recording that may not be used any more isn't among them: it wants composing
    anew.
    """
    captions = lake.current(Captions).filter(pl.col("text") != "")
    usable = standing(lake).filter(pl.col("status").is_in(USABLE)).select("recording_id")
    barred = (
        lake.current(Recordings).select("recording_id").join(usable, on="recording_id", how="anti")
    )
    outdated = (
        captions.select("caption_id", recording_id="recordings")
        .explode("recording_id", empty_as_null=True)
        .join(barred, on="recording_id", how="semi")
        .select("caption_id")
    )
    return without_decisions(lake, captions.join(outdated, on="caption_id", how="anti"))


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

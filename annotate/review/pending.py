"""Captions without a decision, and those that only a person may accept."""

from __future__ import annotations

from collections import Counter

import polars as pl

from annotate.model.decision_rule import WAITS, Reviewers
from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.options import ReviewOptions
from annotate.store.lake import Lake
from annotate.store.settled import unsettled, waiting
from annotate.store.standing import USABLE, standing
from annotate.store.unseen import for_people


def without_decision(lake: Lake) -> pl.LazyFrame:
    """Captions to review without a row by a person, be it the newest row or an older one."""
    return without_decisions(lake, _to_judge(lake))


def for_review(lake: Lake, reviewers: Reviewers) -> pl.LazyFrame:
    """Captions to review on which no decision of people holds yet, by `annotate.store.settled`."""
    return unsettled(lake, reviewers, _to_judge(lake))


def without_decisions(lake: Lake, captions: pl.LazyFrame) -> pl.LazyFrame:
    """Those of the captions on which no person has decided."""
    decided = lake.scan(Reviews).filter(~pl.col("automatic")).select("caption_id").unique()
    return captions.join(decided, on="caption_id", how="anti")


def count_for_people(lake: Lake, options: ReviewOptions) -> int:
    """How many captions without a decision that holds may not be accepted unseen.

    Those on which a person has decided are among them, whatever their recordings.
    """
    wanting = for_review(lake, options.reviewers_per_caption).select("caption_id", "image_id")
    barred = wanting.join(for_people(lake, options.accept_unseen), on="image_id", how="semi")
    begun = wanting.join(without_decisions(lake, wanting), on="caption_id", how="anti")
    count: int = pl.concat([barred, begun]).unique().select(pl.len()).collect().item()
    return count


def count_waiting(lake: Lake, options: ReviewOptions) -> dict[str, int]:
    """How many captions with a decision wait for a second reviewer, and for a third."""
    reviewers = options.reviewers_per_caption
    waits = waiting(lake, reviewers)
    still = for_review(lake, reviewers).select("caption_id").collect()["caption_id"].to_list()
    found = Counter(waits[caption].waits for caption in still if caption in waits)
    return {name: found[name] for name in WAITS}


def _to_judge(lake: Lake) -> pl.LazyFrame:
    """Captions with a text.

    One with a recording that may not be used any more isn't among them: it must be composed anew.
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
    return captions.join(outdated, on="caption_id", how="anti")

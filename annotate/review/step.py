"""The review stage: automatic acceptance of captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.tables import Reviews
from annotate.review.options import ReviewOptions
from annotate.review.pending import undecided
from annotate.store.lake import Lake
from annotate.store.unseen import for_people


class AutoReview(Step):
    """Accept every caption that has a text and may be accepted unseen. Nobody looks at it.

    What may be is the rule of `annotate.store.unseen`: as a rule captions of images that were
    described in folders only, since what was recorded on a server is reviewed there, and on which
    no person has decided before.

    This lets the pipeline run to a release before reviewers have taken part. The rows say so:
    `reviewer` is "auto", `automatic` is true and `seconds` is null, and whoever selects for a
    release can leave them out. A caption that a person has decided on is never touched again,
    whatever the decision was.
    """

    name = "review"
    output = Reviews
    id_column = "caption_id"
    shard_size = 8192  # copying a row takes microseconds; each shard scans the captions once

    def __init__(self, options: ReviewOptions | None = None):
        self.options = options or ReviewOptions()

    def parameters(self) -> Mapping[str, Any]:
        """Nothing: the rule decides which captions are accepted, and not how."""
        return {}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The captions with a text that no person has reviewed or must review."""
        rows = self._open(lake).select("caption_id", input_key="step_key")
        return rows.sort("caption_id").collect()

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Accept them as they are, but for those that are a person's matter since the plan."""
        rows = (
            self._open(lake)
            .filter(pl.col("caption_id").is_in(shard["caption_id"].to_list()))
            .select(
                "caption_id",
                "image_id",
                "text",
                "lineage",
                decision=pl.lit("accept"),
                reviewer=pl.lit("auto"),
                automatic=pl.lit(True),
                seconds=pl.lit(None, dtype=pl.Float64),
                reasons=pl.lit([], dtype=pl.List(pl.String)),
            )
            .sort("caption_id")
            .collect()
        )
        yield Outcome(rows=rows, items=rows.height)

    def _open(self, lake: Lake) -> pl.LazyFrame:
        barred = for_people(lake, self.options.accept_unseen)
        return undecided(lake).join(barred, on="image_id", how="anti")

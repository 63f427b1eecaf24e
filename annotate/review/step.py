"""The review stage: automatic acceptance of captions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.tables import Reviews
from annotate.review.options import ReviewOptions
from annotate.review.pending import without_decision
from annotate.store.lake import Lake
from annotate.store.unseen import for_people


class AutoReview(Step):
    """Accept every caption that has a text and may be accepted unseen. No person looks at it.

    `annotate.store.unseen` defines which may: by default captions of images that were described in
    folders only, since images recorded on a server are reviewed there, and on which no person has
    decided before.

    So the pipeline can run to a release before reviewers have taken part. The rows are marked:
    `reviewer` is "auto", `automatic` is true and `seconds` is null, and a release can exclude them.
    A caption that a person has decided on is never changed again, whatever the decision was.
    """

    name = "review"
    output = Reviews
    id_column = "caption_id"
    shard_size = 8192  # copying a row takes microseconds; each shard scans the captions once

    def __init__(self, options: ReviewOptions | None = None):
        self.options = options or ReviewOptions()

    def parameters(self) -> Mapping[str, Any]:
        """None: the options decide which captions are accepted, and not the rows' content."""
        return {}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The captions with a text that no person has reviewed or must review."""
        rows = self._open(lake).select("caption_id", input_key="step_key")
        return rows.sort("caption_id").collect()

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Accept them unchanged, except those that only a person may accept since the plan."""
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
        return without_decision(lake).join(barred, on="image_id", how="anti")

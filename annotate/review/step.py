"""Captions to reviews, without a reviewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from annotate.model.tables import Reviews
from annotate.review.undecided import undecided
from annotate.store.lake import Lake
from annotate.store.step import Outcome, Step


class AutoReview(Step):
    """Accept every caption that has a text. Nobody looks at it.

    This lets the pipeline run to a release before reviewers have taken part. The rows say so:
    `reviewer` is "auto", `automatic` is true and `seconds` is null, and whoever selects for a
    release can leave them out. A caption that a person has decided on is never touched again,
    whatever the decision was.
    """

    name = "review"
    output = Reviews
    id_column = "caption_id"
    shard_size = 8192  # copying a row takes microseconds; each shard scans the captions once

    def parameters(self) -> Mapping[str, Any]:
        """There is nothing to set."""
        return {}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The captions with a text that no person has reviewed."""
        return (
            undecided(lake).select("caption_id", input_key="step_key").sort("caption_id").collect()
        )

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Accept them as they are, but for those that a person has reviewed since the plan."""
        rows = (
            undecided(lake)
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

"""The verdicts of a recording in one line."""

from __future__ import annotations

import polars as pl

from annotate.check.questions import QUESTIONS

_RANK = {"pass": 0, "flag": 1, "reject": 2}


def worst(verdicts: pl.DataFrame) -> pl.DataFrame:
    """What to do with each recording, and the reason that explains it best.

    Args:
        verdicts: `recording_id`, `check`, `status` and `reason`; checks that exist no more are
            passed over.

    Returns:
        `recording_id`, `status` and `reason`, sorted by recording: the worst status, and of the
        verdicts with that status the reason of the first in the order of `QUESTIONS`; null when
        all passed.
    """
    order = {question.name: index for index, question in enumerate(QUESTIONS)}
    return (
        verdicts.filter(pl.col("check").is_in(list(order)))
        .with_columns(
            order=pl.col("check").replace_strict(order, return_dtype=pl.Int64),
            rank=pl.col("status").replace_strict(_RANK, return_dtype=pl.Int64),
        )
        .sort("recording_id", -pl.col("rank"), "order")
        .group_by("recording_id", maintain_order=True)
        .agg(pl.col("status").first(), pl.col("reason").first())
    )

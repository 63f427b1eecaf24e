"""The final decision on each caption, for review, releases and counts.

People's decisions take precedence over automatic ones. How many people must decide, and what
happens when they differ, is defined in `annotate.model.decision_rule.settle`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

import polars as pl

from annotate.model.decision_rule import Opinion, Reviewers, Settled, settle
from annotate.model.tables import BOOKKEEPING, Reviews
from annotate.store.delta import order
from annotate.store.lake import Lake

_OPINION = ("caption_id", "reviewer", "decision", "text")


def settled(lake: Lake, reviewers: Reviewers, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The final row of `reviews` for each caption; none for a caption that still waits.

    If no person has decided, the newest automatic acceptance is final.

    Args:
        only: `caption_id` of the captions to return.
    """
    rows = _rows(lake, only)
    people = rows.filter(~pl.col("automatic"))
    newest = {"keep": "last", "maintain_order": True}
    if reviewers == 1:
        final = people.unique("caption_id", **newest)  # type: ignore[arg-type]
    else:
        found = _reviewed(lake, reviewers, only)
        places = [place for _, place, one in found if one.holds is not None]
        wanted = pl.LazyFrame({"place": places}, schema={"place": pl.UInt32})
        final = people.join(wanted, on="place", how="semi")
    decided = people.select("caption_id").unique()
    unseen = rows.filter("automatic").join(decided, on="caption_id", how="anti")
    alone = unseen.unique("caption_id", **newest)  # type: ignore[arg-type]
    return pl.concat([final, alone]).drop("place")


def waiting(
    lake: Lake, reviewers: Reviewers, only: pl.DataFrame | None = None
) -> Mapping[str, Settled]:
    """The captions with a decision but no final one, and what they wait for."""
    if reviewers == 1:
        return {}
    found = _reviewed(lake, reviewers, only)
    return {caption: one for caption, _, one in found if one.waits is not None}


def unsettled(lake: Lake, reviewers: Reviewers, captions: pl.LazyFrame) -> pl.LazyFrame:
    """The captions without a final decision by people."""
    final = settled(lake, reviewers).filter(~pl.col("automatic")).select("caption_id")
    return captions.join(final, on="caption_id", how="anti")


def opinions(lake: Lake, captions: pl.DataFrame) -> dict[str, list[Opinion]]:
    """People's opinions on these captions, the oldest first."""
    rows = _rows(lake, captions.select("caption_id")).filter(~pl.col("automatic"))
    found: dict[str, list[Opinion]] = {}
    for caption, *fields in rows.sort("place").select(_OPINION).collect().iter_rows():
        found.setdefault(caption, []).append(_opinion(*fields))
    return found


def _reviewed(
    lake: Lake, reviewers: Reviewers, only: pl.DataFrame | None
) -> Iterator[tuple[str, int, Settled]]:
    """Each caption that people have decided on, the row index of its final row, and the result.

    The row index is -1 if no decision is final.
    """
    rows = _rows(lake, only).filter(~pl.col("automatic")).select(*_OPINION, "place")
    ordered = rows.sort("caption_id", "place").collect().iter_rows()
    for caption, group in groupby(ordered, key=lambda row: row[0]):
        fields = list(group)
        one = settle([_opinion(*row[1:-1]) for row in fields], reviewers)
        yield caption, -1 if one.holds is None else fields[one.holds][-1], one


def _rows(lake: Lake, only: pl.DataFrame | None) -> pl.LazyFrame:
    """The rows of `reviews` with their index `place` in the order of commits."""
    rows = lake.scan(Reviews)
    if only is not None:
        rows = rows.join(only.lazy(), on="caption_id", how="semi")
    return rows.sort(order(BOOKKEEPING)).with_row_index("place")


def _opinion(reviewer: str, decision: str, text: str) -> Opinion:
    return Opinion(
        reviewer=reviewer, decision=decision, text=None if decision == "reject" else text
    )

"""The table of what could not be used: rows in, and rows for which there is no need any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.tables import Quarantine, content_frame
from annotate.model.unexpected import REASON
from annotate.store.lake import RESOLVED, Lake, sift

LONGEST_DETAIL = 2_000
"""Characters of a detail that are kept: it may quote a file."""


def refuse(
    lake: Lake, step: str, refusals: Iterable[Rejection], keys: Mapping[str, str]
) -> dict[str, int]:
    """Write refusals, one an item: of several the first.

    Args:
        keys: The step key of each item, if it has one.

    Returns:
        How many items were refused for each reason.

    Raises:
        AnnotateError: If the commit doesn't get through.
    """
    first = {_plain(one.item): one for one in reversed(list(refusals))}
    rows = content_frame(Quarantine, [_row(step, item, one) for item, one in first.items()])
    rows = rows.with_columns(
        step_key=pl.col("item").replace_strict(keys, default="", return_dtype=pl.String)
    )
    if rows.is_empty():
        return {}
    _, broken = sift(Quarantine, rows)  # a reason that isn't one must not lose the refusal
    odd = pl.col("item").is_in(broken["item"].implode())
    told = pl.concat_str(pl.lit("reason "), "reason", pl.lit(": "), "detail")
    rows = rows.with_columns(
        reason=pl.when(odd).then(pl.lit(REASON)).otherwise("reason"),
        detail=pl.when(odd).then(told).otherwise("detail"),
    )
    lake.add(Quarantine, rows)
    return dict(rows.group_by("reason").len().sort("reason").iter_rows())


def refused_by(lake: Lake, step: str) -> pl.LazyFrame:
    """What a step refused and hasn't come through since."""
    return lake.current(Quarantine).filter(
        (pl.col("step") == step) & (pl.col("reason") != RESOLVED)
    )


def resolve(lake: Lake, refused: pl.DataFrame) -> None:
    """Note that refused items need nobody's attention any more, as they came through or are gone.

    Args:
        refused: Their rows in quarantine.
    """
    lake.add(Quarantine, refused.with_columns(reason=pl.lit(RESOLVED)))


def came_through(lake: Lake, step: str, items: pl.Series) -> None:
    """Note that of a step's items those refused earlier, as they were then, came through."""
    well = items.unique().to_frame("item")
    refused = lake.quarantined().filter(pl.col("step") == step)
    resolve(lake, refused.join(well, on="item", how="semi"))


def _row(step: str, item: str, refusal: Rejection) -> dict[str, str]:
    detail = _plain(refusal.detail)[:LONGEST_DETAIL]
    return {"step": step, "item": item, "reason": _plain(refusal.reason), "detail": detail}


def _plain(text: str) -> str:
    """The text without halves of characters, as names of files that aren't UTF-8 have them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

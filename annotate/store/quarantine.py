"""Writes the table `quarantine`: items that a stage could not use, and why.

A row is added when an item is rejected, and a row with the reason `resolved` when it requires no
attention any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.tables import Quarantine, content_frame
from annotate.model.unexpected import REASON
from annotate.store.lake import RESOLVED, Lake, sift

LONGEST_DETAIL = 2_000
"""Characters of a detail that are stored, at most: a detail may quote a file."""

_CONTENT = ("step", "item", "reason", "detail", "step_key")


def quarantine(
    lake: Lake, step: str, rejections: Iterable[Rejection], keys: Mapping[str, str]
) -> dict[str, int]:
    """Write rejections that aren't in the table yet, one per item: of several the first.

    Args:
        keys: The step key of each item, if it has one.

    Returns:
        How many items are rejected for each reason, including earlier rejections.

    Raises:
        AnnotateError: If the commit fails.
    """
    first = {_encodable(one.item): one for one in reversed(list(rejections))}
    rows = content_frame(Quarantine, [_row(step, item, one) for item, one in first.items()])
    rows = rows.with_columns(
        step_key=pl.col("item").replace_strict(keys, default="", return_dtype=pl.String)
    )
    if rows.is_empty():
        return {}
    _, broken = sift(Quarantine, rows)  # an invalid reason must not lose the rejection
    odd = pl.col("item").is_in(broken["item"].implode())
    detail = pl.concat_str(pl.lit("reason "), "reason", pl.lit(": "), "detail")
    rows = rows.with_columns(
        reason=pl.when(odd).then(pl.lit(REASON)).otherwise("reason"),
        detail=pl.when(odd).then(detail).otherwise("detail"),
    )
    lake.add(Quarantine, rows.join(lake.quarantined(), on=_CONTENT, how="anti"))
    return dict(rows.group_by("reason").len().sort("reason").iter_rows())


def settle(
    lake: Lake, step: str, rejections: Collection[Rejection], keys: Mapping[str, str]
) -> dict[str, int]:
    """Quarantine the rejected items and resolve the others, which were processed.

    Args:
        keys: The step key of each item, rejected or not.

    Returns:
        How many rejections there are for each reason; an item may have several.
    """
    quarantine(lake, step, rejections, keys)
    rejected = {one.item for one in rejections}
    resolve_items(lake, step, pl.Series(sorted(keys.keys() - rejected), dtype=pl.String))
    return dict(sorted(Counter(one.reason for one in rejections).items()))


def quarantined_by(lake: Lake, step: str) -> pl.LazyFrame:
    """The rejections of a step that aren't resolved."""
    return lake.current(Quarantine).filter(
        (pl.col("step") == step) & (pl.col("reason") != RESOLVED)
    )


def resolve(lake: Lake, rejected: pl.DataFrame) -> None:
    """Resolve rejected items: they have been processed or no longer exist.

    Args:
        rejected: Their rows in quarantine.
    """
    lake.add(Quarantine, rejected.with_columns(reason=pl.lit(RESOLVED)))


def resolve_items(lake: Lake, step: str, items: pl.Series) -> None:
    """Resolve those of a step's processed items that were rejected earlier."""
    passed = items.unique().to_frame("item")
    rejected = lake.quarantined().filter(pl.col("step") == step)
    resolve(lake, rejected.join(passed, on="item", how="semi"))


def _row(step: str, item: str, rejection: Rejection) -> dict[str, str]:
    detail = _encodable(rejection.detail)[:LONGEST_DETAIL]
    return {"step": step, "item": item, "reason": _encodable(rejection.reason), "detail": detail}


def _encodable(text: str) -> str:
    """The text without lone surrogates, which names of files that aren't UTF-8 have."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

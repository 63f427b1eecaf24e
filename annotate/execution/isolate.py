"""Isolation of unexpected errors in a step's work: only the item that causes one is rejected."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.errors import Rejection
from annotate.model.unexpected import LOG, Streak, is_unexpected, rejection
from annotate.store.diagnosis import of_a_table, of_the_machine
from annotate.store.lake import Lake


def work_apart(
    step: Step, lake: Lake, shard: pl.DataFrame, streak: Streak
) -> Iterator[Outcome | Rejection]:
    """Work on a shard; reject those of its items that end in an unexpected error.

    A step may process several items together, so an error doesn't identify its item. Items that
    aren't done are processed again in halves, down to a single item.

    Args:
        streak: Counts such items, over all shards of a run.

    Raises:
        AnnotateError: What the step raises; when the disk is full, a table is damaged or the like;
            or when too many items in a row end in the same error.
    """
    parts = [shard]
    while parts:
        part = parts.pop()
        done: set[str] = set()
        try:
            for outcome in step.work(lake, part):
                done.update(items_of(step, outcome))
                streak.broken()
                yield outcome
            continue
        except BaseException as error:
            if not is_unexpected(error):
                raise
            if found := of_the_machine(error):
                raise found from error
            left = part.filter(pl.Series([one not in done for one in part[step.id_column]]))
            if part.height > 1 or left.is_empty():
                LOG.debug("%s: %d items are tried again", step.name, left.height, exc_info=error)
            elif found := of_a_table(error):
                raise found from error
            else:
                yield rejection(left[step.id_column].item(), error)
                streak.add(step.name, error)
                continue
        parts += _halves(left)


def _halves(items: pl.DataFrame) -> list[pl.DataFrame]:
    """Both halves, the first one last, without empty ones."""
    half = -(-items.height // 2)
    return [one for one in (items[half:], items[:half]) if not one.is_empty()]


def items_of(step: Step, outcome: Outcome) -> set[str]:
    """The items that an outcome names."""
    named = {one.item for one in outcome.rejected}
    if outcome.rows is not None:
        named.update(outcome.rows[step.id_column].unique().to_list())
    return named

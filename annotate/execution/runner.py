"""Runs a step in this process, shard by shard, and commits finished items every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from typing import Any

import polars as pl

from annotate.execution.commit import commit
from annotate.execution.isolate import work_apart
from annotate.execution.leases import Leases
from annotate.execution.planning import Plan, plan
from annotate.execution.step import Outcome, Step
from annotate.execution.work_allocator import WorkAllocator
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.report import HOUR, StepReport
from annotate.store.lake import Lake

FLUSH_SECONDS = 5.0
"""Finished items are committed at least this often while a shard is worked on."""

Progress = Callable[[StepReport], None]
"""Called with the work done since the last call. A count may be negative, as a correction."""


def shards(
    step: Step, lake: Lake, work: Plan, progress: Progress
) -> Generator[pl.DataFrame, None, None]:
    """The plan's work in shards; those of an exclusive step are claimed for this process.

    Such a shard's claim lasts until the next one is requested, or the generator is closed.

    Args:
        progress: Called with the items that other processes did, or have claimed at the end.
    """
    if work.todo.is_empty():
        return

    def report_others(others: int) -> None:
        progress(StepReport(step=step.name, elsewhere=others))

    with ExitStack() as until_closed:
        parts: Iterator[pl.DataFrame] = iter(work.shards(step.shard_size))
        if work.changes is not None:
            claims = Leases(lake, step.name)
            allocator = WorkAllocator(
                claims, work.todo, step.id_column, step.shard_size, work.changes, report_others
            )
            parts = until_closed.enter_context(closing(allocator.shards()))
        for number, shard in enumerate(parts):
            if number == 0:
                step.prepare()
            yield shard


def run_shard(
    step: Step, lake: Lake, shard: pl.DataFrame, progress: Progress | None = None
) -> StepReport:
    """Work on one shard, committing finished items every few seconds.

    Progress is called for each item as it is finished, before it is committed. An item that ends in
    an unexpected error is rejected, and the others are processed.

    Raises:
        AnnotateError: If the rest can't be done; finished items are committed.
    """
    started = flushed = time.monotonic()
    total = StepReport(step=step.name)
    waiting: list[Outcome] = []
    keys = shard.select(step.id_column, "step_key")
    report_work = _WorkReporter(step, progress)

    def flush() -> StepReport:
        report = commit(step, lake, waiting, keys, step.streak)
        waiting.clear()
        rejected = sum(report.quarantined.values())
        report_work(written=-rejected, quarantined=report.quarantined)
        return report

    try:
        for done in work_apart(step, lake, shard, step.streak):
            outcome = Outcome(rejected=(done,)) if isinstance(done, Rejection) else done
            waiting.append(outcome)
            report_work(written=outcome.items, audio_seconds=outcome.audio_ms / 1000)
            if time.monotonic() - flushed > FLUSH_SECONDS:
                total += flush()
                flushed = time.monotonic()
    except AnnotateError:
        flush()  # finished items are committed, though the rest can't be done
        raise
    total += flush()
    spent = time.monotonic() - started
    return total + _worked(step, spent, seconds=spent)


def run_step(step: Step, lake: Lake, progress: Progress | None = None) -> StepReport:
    """Plan, then work on every shard in turn."""
    started = time.monotonic()
    work = plan(step, lake)
    total = planned_report(step, work)

    def forward(report: StepReport) -> None:
        nonlocal total
        total += report
        if progress:
            progress(report)

    if progress:
        progress(total)
    with closing(shards(step, lake, work, forward)) as parts:
        for shard in parts:
            total += run_shard(step, lake, shard, progress)
    return total + StepReport(step=step.name, seconds=time.monotonic() - started - total.seconds)


class _WorkReporter:
    """Calls `progress`, if there is one, with the working time since the last call."""

    def __init__(self, step: Step, progress: Progress | None):
        self._step, self._progress = step, progress
        self._last = time.monotonic()

    def __call__(self, **more: Any) -> None:
        now = time.monotonic()
        if self._progress:
            self._progress(_worked(self._step, now - self._last, **more))
        self._last = now


def _worked(step: Step, work_seconds: float, **more: Any) -> StepReport:
    """A report with the working time and, given a price, its cost."""
    price = step.hour_price
    cost = None if price is None else price * work_seconds / HOUR
    return StepReport(step=step.name, work_seconds=work_seconds, cost=cost, **more)


def planned_report(step: Step, work: Plan) -> StepReport:
    """The report of a plan alone: items planned, reused, and rejected in an earlier run."""
    rows_in = work.todo.height + work.reused + sum(work.rejected.values())
    return _worked(step, 0.0, rows_in=rows_in, reused=work.reused, quarantined=dict(work.rejected))

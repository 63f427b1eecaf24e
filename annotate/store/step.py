"""The step contract: plan what is missing, work on it, write it; kill it and run it again.

A step reads tables and writes one; what must be there before its rows it writes first. What is
done is told by the output table alone: an item is done when a row with its id and its step key is
there, or a row in quarantine. The step key hashes the step's version, its parameters and the input
it would read, so changing a setting or an input redoes what that touches and nothing else.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import polars as pl

from annotate.model.errors import AnnotateError, Rejection
from annotate.model.report import HOUR, StepReport
from annotate.model.tables import Table
from annotate.store.claims import Claims
from annotate.store.commit import commit
from annotate.store.isolate import work_apart
from annotate.store.lake import Lake
from annotate.store.planning import (
    bring_to_front,
    refused_before,
    take_up_again,
    with_step_keys,
)
from annotate.store.quarantine import came_through
from annotate.store.share import News, Share
from annotate.store.unexpected import Streak

FLUSH_SECONDS = 5.0
"""Finished items are committed at least this often while a shard is worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one or several items of a shard.

    Attributes:
        rows: Rows for the step's table, without the store's bookkeeping.
        rejected: The items that could not be used.
        before: Rows of other tables that must be there before `rows`.
        items: How many of the shard's items this settles.
        audio_ms: Length of the recordings among them.
    """

    rows: pl.DataFrame | None = None
    rejected: tuple[Rejection, ...] = ()
    before: tuple[tuple[type[Table], pl.DataFrame], ...] = ()
    items: int = 1
    audio_ms: int = 0


class Step(ABC):
    """One stage's work.

    Attributes:
        id_column: Names an item in `inputs` and in the output table.
        shard_size: Items worked on at a stretch, at most.
        exclusive: Whether processes on one lake share the items out among them. Otherwise each
            does all there is to do: nothing breaks, but work that is dear would be done twice.
        hour_price: What an hour of this work costs, in any money; None if nobody wants to know.
        retry_refused: Whether a plan takes up again what was refused, though nothing has changed.
    """

    name: ClassVar[str]
    output: ClassVar[type[Table]]
    id_column: ClassVar[str]
    version: ClassVar[int] = 1
    shard_size: ClassVar[int] = 256
    exclusive: ClassVar[bool] = False
    hour_price: float | None = None
    retry_refused: bool = False

    @cached_property
    def streak(self) -> Streak:
        """The items in a row that ended in an unexpected error, over all shards of a run."""
        return Streak()

    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """Every setting that can change the result; what only changes the speed stays out."""

    @abstractmethod
    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The items there are: `id_column`, `input_key`, and whatever `work` wants to know."""

    def prepare(self) -> None:  # noqa: B027 (most steps have nothing to load)
        """Load what `work` needs. Called once, when it's certain that there is work."""

    @abstractmethod
    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Work on the items of one shard, in any order, and yield each as it is done.

        What it raises other than `AnnotateError` costs the item that causes it: those that weren't
        yielded are worked on again, in smaller shards. So it may be called several times.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a step has to do, and how much is done already.

    Attributes:
        news: Tells what others have done since; None for a step that isn't shared out.
    """

    todo: pl.DataFrame
    reused: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    news: News | None = None

    def shards(self, size: int) -> list[pl.DataFrame]:
        """The work in pieces of at most `size` items."""
        return [self.todo.slice(start, size) for start in range(0, self.todo.height, size)]


Progress = Callable[[StepReport], None]
"""Called with what has been done since the last call. A count may be taken back: below zero."""


def plan(step: Step, lake: Lake) -> Plan:
    """Find what the step has not done yet.

    An item whose result was made earlier with these very settings, but has since been covered by
    a newer one, is not worked on again: its row is brought to the front.
    """
    news = News(lake, step.name, step.output, step.id_column) if step.exclusive else None
    items = with_step_keys(step, step.inputs(lake))
    on = [step.id_column, "step_key"]
    newest = lake.current(step.output).select(on).unique().collect()
    missing = items.join(newest, on=on, how="anti")
    refused = refused_before(step, lake).collect()
    if step.retry_refused:
        take_up_again(step, lake, missing)
        refused = refused.clear()
    done_badly = missing.join(refused, on=on)
    missing = missing.join(refused, on=on, how="anti")
    todo = missing.join(bring_to_front(step, lake, missing), on=on, how="anti")
    not_well = pl.concat([todo.select(on), done_badly.select(on)])
    well = items.join(not_well, on=on, how="anti")
    came_through(lake, step.name, well[step.id_column])
    reasons = dict(done_badly.group_by("reason").len().sort("reason").iter_rows())
    reused = items.height - todo.height - done_badly.height
    return Plan(todo=todo, reused=reused, rejected=reasons, news=news)


def remaining(step: Step, lake: Lake, shard: pl.DataFrame) -> pl.DataFrame:
    """The items of a shard that are neither written nor refused."""
    on = [step.id_column, "step_key"]
    here = shard.lazy().select(on)
    written = lake.scan(step.output).select(on).join(here, on=on, how="semi")
    refused = refused_before(step, lake).select(on).join(here, on=on, how="semi")
    settled = pl.concat([written, refused]).unique().collect()
    return shard.join(settled, on=on, how="anti", maintain_order="left")


def shards(
    step: Step, lake: Lake, work: Plan, progress: Progress
) -> Generator[pl.DataFrame, None, None]:
    """The plan's work in shards; those of an exclusive step are this process's alone.

    Such a shard is held until the next one is asked for, or the generator is closed.

    Args:
        progress: Told of the items that others did, or hold at the end.
    """
    if work.todo.is_empty():
        return

    def told(others: int) -> None:
        progress(StepReport(step=step.name, elsewhere=others))

    with ExitStack() as until_closed:
        pieces: Iterator[pl.DataFrame] = iter(work.shards(step.shard_size))
        if work.news is not None:
            claims = Claims(lake, step.name)
            share = Share(claims, work.todo, step.id_column, step.shard_size, work.news, told)
            pieces = until_closed.enter_context(closing(share.pieces()))
        for number, piece in enumerate(pieces):
            if number == 0:
                step.prepare()
            yield piece


def run_shard(
    step: Step, lake: Lake, shard: pl.DataFrame, progress: Progress | None = None
) -> StepReport:
    """Work on one shard, committing finished items every few seconds.

    Progress is called for each item as it is finished, before it is committed. An item that ends in
    an error that nobody thought of is refused, and the others go on.

    Raises:
        AnnotateError: If the rest can't be done; what was finished is kept.
    """
    started = flushed = time.monotonic()
    total = StepReport(step=step.name)
    waiting: list[Outcome] = []
    keys = shard.select(step.id_column, "step_key")
    report_work = _WorkReporter(step, progress)

    def flush() -> StepReport:
        report = commit(step, lake, waiting, keys, step.streak)
        waiting.clear()
        refused = sum(report.quarantined.values())
        report_work(written=-refused, quarantined=report.quarantined)
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
        flush()  # what is finished is kept, though the rest can't be done
        raise
    total += flush()
    spent = time.monotonic() - started
    return total + _worked(step, spent, seconds=spent)


def run_step(step: Step, lake: Lake, progress: Progress | None = None) -> StepReport:
    """Plan, then work on every shard in turn."""
    started = time.monotonic()
    work = plan(step, lake)
    total = planned_report(step, work)

    def tell(report: StepReport) -> None:
        nonlocal total
        total += report
        if progress:
            progress(report)

    if progress:
        progress(total)
    with closing(shards(step, lake, work, tell)) as pieces:
        for shard in pieces:
            total += run_shard(step, lake, shard, progress)
    return total + StepReport(step=step.name, seconds=time.monotonic() - started - total.seconds)


class _WorkReporter:
    """Calls `progress`, if there is one, with the time of work since the last call."""

    def __init__(self, step: Step, progress: Progress | None):
        self._step, self._progress = step, progress
        self._last = time.monotonic()

    def __call__(self, **more: Any) -> None:
        now = time.monotonic()
        if self._progress:
            self._progress(_worked(self._step, now - self._last, **more))
        self._last = now


def _worked(step: Step, work_seconds: float, **more: Any) -> StepReport:
    """A report with the time of work and, given a price, what that costs."""
    price = step.hour_price
    cost = None if price is None else price * work_seconds / HOUR
    return StepReport(step=step.name, work_seconds=work_seconds, cost=cost, **more)


def planned_report(step: Step, work: Plan) -> StepReport:
    """What a plan alone says: items asked about, reused, and refused in an earlier run."""
    asked = work.todo.height + work.reused + sum(work.rejected.values())
    return _worked(step, 0.0, rows_in=asked, reused=work.reused, quarantined=dict(work.rejected))

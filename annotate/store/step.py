"""The step contract: plan what is missing, work on it, write it; kill it and run it again.

A step reads tables and writes one. What is done is told by the output table alone: an item is
done when a row with its id and its step key is there, or a row in quarantine. The step key
hashes the step's version, its parameters and the input it would read, so changing a setting or
an input redoes what that touches and nothing else.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.ids import digest
from annotate.model.report import StepReport
from annotate.model.tables import Quarantine, Table
from annotate.store.lake import RESOLVED, Lake

FLUSH_SECONDS = 5.0
"""Finished items are committed at least this often while a shard is worked on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one or several items of a shard.

    Attributes:
        rows: Rows for the step's table, without `step_key` and `written_at`.
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
    """One stage's work. `id_column` names an item in `inputs` and in the output table."""

    name: ClassVar[str]
    output: ClassVar[type[Table]]
    id_column: ClassVar[str]
    version: ClassVar[int] = 1
    shard_size: ClassVar[int] = 256

    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """Every setting that can change the result; what only changes the speed stays out."""

    @abstractmethod
    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The items there are: `id_column`, `input_key`, and whatever `work` wants to know."""

    @abstractmethod
    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Work on the items of one shard, in any order, and yield each as it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a step has to do, and how much is done already."""

    todo: pl.DataFrame
    reused: int
    rejected: Mapping[str, int] = field(default_factory=dict)

    def shards(self, size: int) -> list[pl.DataFrame]:
        """The work in pieces of at most `size` items."""
        return [self.todo.slice(start, size) for start in range(0, self.todo.height, size)]


Progress = Callable[[StepReport], None]
"""Called with what has been done since the last call."""


def plan(step: Step, lake: Lake) -> Plan:
    """Find what the step has not done yet.

    An item whose result was made earlier with these very settings, but has since been covered by
    a newer one, is not worked on again: its row is brought to the front.
    """
    items = _with_step_keys(step, step.inputs(lake))
    on = [step.id_column, "step_key"]
    newest = lake.current(step.output).select(on).unique().collect()
    missing = items.join(newest, on=on, how="anti")
    refused = (
        lake.current(Quarantine)
        .filter((pl.col("step") == step.name) & (pl.col("reason") != RESOLVED))
        .select(pl.col("item").alias(step.id_column), "step_key", "reason")
        .collect()
    )
    done_badly = missing.join(refused, on=on)
    missing = missing.join(refused, on=on, how="anti")
    todo = missing.join(_bring_to_front(step, lake, missing), on=on, how="anti")
    reasons = dict(done_badly.group_by("reason").len().sort("reason").iter_rows())
    reused = items.height - todo.height - done_badly.height
    return Plan(todo=todo, reused=reused, rejected=reasons)


def run_shard(
    step: Step, lake: Lake, shard: pl.DataFrame, progress: Progress | None = None
) -> StepReport:
    """Work on one shard, committing finished items every few seconds."""
    started = flushed = time.monotonic()
    total = StepReport(step=step.name)
    waiting: list[Outcome] = []
    keys = shard.select(step.id_column, "step_key")

    def flush() -> StepReport:
        report = _write(step, lake, waiting, keys)
        waiting.clear()
        if progress:
            progress(report)
        return report

    for outcome in step.work(lake, shard):
        waiting.append(outcome)
        if time.monotonic() - flushed > FLUSH_SECONDS:
            total += flush()
            flushed = time.monotonic()
    total += flush()
    return total + StepReport(step=step.name, seconds=time.monotonic() - started)


def run_step(step: Step, lake: Lake, progress: Progress | None = None) -> StepReport:
    """Plan, then work on every shard in turn."""
    started = time.monotonic()
    work = plan(step, lake)
    total = planned_report(step, work)
    if progress:
        progress(total)
    for shard in work.shards(step.shard_size):
        total += run_shard(step, lake, shard, progress)
    return total + StepReport(step=step.name, seconds=time.monotonic() - started - total.seconds)


def planned_report(step: Step, work: Plan) -> StepReport:
    """What a plan alone says: items asked about, reused, and refused in an earlier run."""
    asked = work.todo.height + work.reused + sum(work.rejected.values())
    return StepReport(step=step.name, rows_in=asked, reused=work.reused, quarantined=work.rejected)


def _with_step_keys(step: Step, items: pl.DataFrame) -> pl.DataFrame:
    """Add `step_key`; hashed once per distinct `input_key`, of which there are few as a rule."""
    parameters = dict(step.parameters())
    inputs = items["input_key"].unique().to_list()
    keys = [digest(step.name, step.version, parameters, value) for value in inputs]
    return items.with_columns(
        step_key=pl.col("input_key").replace_strict(inputs, keys, return_dtype=pl.String)
    )


def _bring_to_front(step: Step, lake: Lake, missing: pl.DataFrame) -> pl.DataFrame:
    """Append again the rows that older runs made for `missing` items; return their ids and keys."""
    on = [step.id_column, "step_key"]
    if missing.is_empty():
        return missing.select(on)
    key = [*step.output.primary_key(), "step_key"]
    old = (
        lake.scan(step.output)
        .join(missing.lazy().select(on), on=on, how="semi")
        .sort("written_at")
        .unique(key, keep="last")
        .collect()
    )
    lake.append(step.output, old.drop("written_at"))
    return old.select(on).unique()


def _write(step: Step, lake: Lake, outcomes: list[Outcome], keys: pl.DataFrame) -> StepReport:
    """Commit the outcomes: other tables first, the step's own last but for the quarantine."""
    for table in dict.fromkeys(table for outcome in outcomes for table, _ in outcome.before):
        frames = [rows for outcome in outcomes for kind, rows in outcome.before if kind is table]
        rows = pl.concat(frames, how="vertical_relaxed").unique(
            table.primary_key(), keep="first", maintain_order=True
        )
        lake.append(table, rows.with_columns(step_key=pl.lit(digest(step.name, step.version))))
    rejected = [refusal for outcome in outcomes for refusal in outcome.rejected]
    frames = [outcome.rows for outcome in outcomes if outcome.rows is not None]
    if frames:
        rows = pl.concat(frames, how="vertical_relaxed")
        broken = lake.append(step.output, rows.join(keys, on=step.id_column))
        rejected += [
            Rejection(
                item=row[step.id_column], reason="invalid_row", detail=f"breaks {row['broken']}"
            )
            for row in broken.to_dicts()
        ]
    if frames:
        _resolve(step, lake, rows, rejected)
    reasons = _quarantine(step, lake, rejected, keys)
    items = sum(outcome.items for outcome in outcomes)
    return StepReport(
        step=step.name,
        written=items - sum(reasons.values()),
        quarantined=reasons,
        audio_seconds=sum(outcome.audio_ms for outcome in outcomes) / 1000,
    )


def _resolve(step: Step, lake: Lake, rows: pl.DataFrame, rejected: list[Rejection]) -> None:
    """Note in the quarantine that items refused earlier, under other settings, came through."""
    refused_now = [refusal.item for refusal in rejected]
    well = rows.select(item=pl.col(step.id_column)).unique()
    mended = (
        lake.quarantined()
        .filter((pl.col("step") == step.name) & ~pl.col("item").is_in(refused_now))
        .join(well, on="item", how="semi")
    )
    resolved = pl.lit(RESOLVED)
    lake.append(Quarantine, mended.drop("written_at").with_columns(reason=resolved))


def _quarantine(
    step: Step, lake: Lake, rejected: list[Rejection], keys: pl.DataFrame
) -> dict[str, int]:
    """Write the refusals, one an item; return how many there were for each reason."""
    first = {refusal.item: refusal for refusal in reversed(rejected)}
    if not first:
        return {}
    rows = pl.DataFrame(
        [
            {"item": refusal.item, "reason": refusal.reason, "detail": refusal.detail}
            for refusal in first.values()
        ]
    )
    known = keys.rename({step.id_column: "item"})
    lake.append(Quarantine, rows.join(known, on="item").with_columns(step=pl.lit(step.name)))
    return dict(rows.group_by("reason").len().sort("reason").iter_rows())

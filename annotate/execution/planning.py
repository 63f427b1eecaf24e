"""Planning: the items that a step must process, from step keys, quarantine and older rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from annotate.execution.step import Step
from annotate.execution.work_allocator import ChangeReader
from annotate.model.ids import digest
from annotate.model.tables import dtypes
from annotate.store.delta import order
from annotate.store.lake import Lake
from annotate.store.quarantine import quarantined_by, resolve, resolve_items


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The items that a step must process, and counts of those that are settled.

    Attributes:
        changes: Reads what other processes have committed since; None for a step that isn't shared.
    """

    todo: pl.DataFrame
    reused: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    changes: ChangeReader | None = None

    def shards(self, size: int) -> list[pl.DataFrame]:
        """The work in shards of at most `size` items."""
        return [self.todo.slice(start, size) for start in range(0, self.todo.height, size)]


def plan(step: Step, lake: Lake) -> Plan:
    """Find what the step has not done yet.

    An item with an older result under the same step key, which a newer row has superseded, is not
    processed again: its row is appended again as the newest.
    """
    step.decide(lake, measure=True)
    changes = ChangeReader(lake, step.name, step.output, step.id_column) if step.exclusive else None
    items = with_step_keys(step, step.inputs(lake))
    on = [step.id_column, "step_key"]
    newest = lake.current(step.output).select(on).unique().collect()
    missing = items.join(newest, on=on, how="anti")
    rejected = rejected_before(step, lake).collect()
    if step.retry_refused:
        resolve_rejected(step, lake, missing)
        rejected = rejected.clear()
    failed = missing.join(rejected, on=on)
    missing = missing.join(rejected, on=on, how="anti")
    todo = missing.join(bring_to_front(step, lake, missing), on=on, how="anti")
    not_passed = pl.concat([todo.select(on), failed.select(on)])
    passed = items.join(not_passed, on=on, how="anti")
    resolve_items(lake, step.name, passed[step.id_column])
    reasons = dict(failed.group_by("reason").len().sort("reason").iter_rows())
    reused = items.height - todo.height - failed.height
    return Plan(todo=todo, reused=reused, rejected=reasons, changes=changes)


def remaining(step: Step, lake: Lake, shard: pl.DataFrame) -> pl.DataFrame:
    """The items of a shard that are neither written nor rejected."""
    on = [step.id_column, "step_key"]
    here = shard.lazy().select(on)
    written = lake.scan(step.output).select(on).join(here, on=on, how="semi")
    rejected = rejected_before(step, lake).select(on).join(here, on=on, how="semi")
    settled = pl.concat([written, rejected]).unique().collect()
    return shard.join(settled, on=on, how="anti", maintain_order="left")


def rejected_before(step: Step, lake: Lake) -> pl.LazyFrame:
    """The step's unresolved rejections: id, step key and reason."""
    rows = quarantined_by(lake, step.name)
    return rows.select(pl.col("item").alias(step.id_column), "step_key", "reason")


def undone(step: Step, lake: Lake) -> pl.DataFrame:
    """The items that a plan would process, from `step.inputs`. Nothing is written."""
    step.decide(lake, measure=False)
    on = [step.id_column, "step_key"]
    items = with_step_keys(step, step.inputs(lake))
    written = lake.scan(step.output).select(on)  # an older row is appended again
    settled = pl.concat([written, rejected_before(step, lake).select(on)]).unique().collect()
    return items.join(settled, on=on, how="anti")


def resolve_rejected(step: Step, lake: Lake, items: pl.DataFrame) -> None:
    """Resolve those of the items that are in quarantine."""
    own = items.select("step_key", item=step.id_column)
    rows = lake.quarantined().filter(pl.col("step") == step.name)
    resolve(lake, rows.join(own, on=["item", "step_key"], how="semi"))


def with_step_keys(step: Step, items: pl.DataFrame) -> pl.DataFrame:
    """Add `step_key`; hashed once per distinct `input_key`, of which there usually are few."""
    parameters = dict(step.parameters())
    inputs = items["input_key"].unique().to_list()
    keys = [digest(step.name, step.version, parameters, value) for value in inputs]
    return items.with_columns(
        step_key=pl.col("input_key").replace_strict(inputs, keys, return_dtype=pl.String)
    )


def bring_to_front(step: Step, lake: Lake, missing: pl.DataFrame) -> pl.DataFrame:
    """Append again the rows of older runs for `missing` items; return their ids and keys."""
    on = [step.id_column, "step_key"]
    if missing.is_empty():
        return missing.select(on)
    key = [*step.output.primary_key(), "step_key"]
    old = (
        lake.scan(step.output)
        .join(missing.lazy().select(on), on=on, how="semi")
        .sort(order(dtypes(step.output)))
        .unique(key, keep="last")
        .collect()
    )
    broken = lake.append(step.output, old)  # the rules may be newer than the rows
    return old.join(broken, on=on, how="anti").select(on).unique()

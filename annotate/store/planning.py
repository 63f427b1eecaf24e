"""What a plan is made of: step keys, what was refused, and old rows that hold again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from annotate.model.ids import digest
from annotate.model.tables import dtypes
from annotate.store.delta import order
from annotate.store.lake import Lake
from annotate.store.quarantine import refused_by, resolve

if TYPE_CHECKING:
    from annotate.store.step import Step


def refused_before(step: Step, lake: Lake) -> pl.LazyFrame:
    """What the step refused and hasn't come through since: id, step key and reason."""
    rows = refused_by(lake, step.name)
    return rows.select(pl.col("item").alias(step.id_column), "step_key", "reason")


def undone(step: Step, lake: Lake) -> pl.DataFrame:
    """The items that a plan would find to do, as `step.inputs` has them. Nothing is written."""
    on = [step.id_column, "step_key"]
    items = with_step_keys(step, step.inputs(lake))
    written = lake.scan(step.output).select(on)  # an older row is brought to the front
    settled = pl.concat([written, refused_before(step, lake).select(on)]).unique().collect()
    return items.join(settled, on=on, how="anti")


def take_up_again(step: Step, lake: Lake, items: pl.DataFrame) -> None:
    """Let those of the items that were refused be in quarantine no more."""
    ours = items.select("step_key", item=step.id_column)
    rows = lake.quarantined().filter(pl.col("step") == step.name)
    resolve(lake, rows.join(ours, on=["item", "step_key"], how="semi"))


def with_step_keys(step: Step, items: pl.DataFrame) -> pl.DataFrame:
    """Add `step_key`; hashed once per distinct `input_key`, of which there are few as a rule."""
    parameters = dict(step.parameters())
    inputs = items["input_key"].unique().to_list()
    keys = [digest(step.name, step.version, parameters, value) for value in inputs]
    return items.with_columns(
        step_key=pl.col("input_key").replace_strict(inputs, keys, return_dtype=pl.String)
    )


def bring_to_front(step: Step, lake: Lake, missing: pl.DataFrame) -> pl.DataFrame:
    """Append again the rows that older runs made for `missing` items; return their ids and keys."""
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
    broken = lake.append(step.output, old)  # by rules that are newer than the rows
    return old.join(broken, on=on, how="anti").select(on).unique()

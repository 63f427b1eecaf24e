"""Writes what became of a shard: other tables first, the step's own, then the quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.ids import digest
from annotate.model.report import StepReport
from annotate.model.tables import Quarantine
from annotate.store.lake import RESOLVED, Lake

if TYPE_CHECKING:
    from annotate.store.step import Outcome, Step


def commit(step: Step, lake: Lake, outcomes: list[Outcome], keys: pl.DataFrame) -> StepReport:
    """Commit outcomes. `keys` has the id and the step key of each item of the shard."""
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
    lake.append(Quarantine, mended.with_columns(reason=resolved))


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

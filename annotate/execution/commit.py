"""Commits a shard's outcomes: first other tables, then the step's own, then the quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from annotate.execution.isolate import items_of
from annotate.execution.step import Outcome, Step
from annotate.model.errors import Rejection
from annotate.model.ids import digest
from annotate.model.report import StepReport
from annotate.model.tables import Table, table_name
from annotate.model.unexpected import Streak, is_unexpected, rejection
from annotate.store.diagnosis import of_a_table, of_the_machine
from annotate.store.lake import Lake, sift
from annotate.store.quarantine import quarantine, resolve_items


def commit(
    step: Step, lake: Lake, outcomes: Sequence[Outcome], keys: pl.DataFrame, streak: Streak
) -> StepReport:
    """Commit outcomes. Items whose rows can't be built or written are quarantined one by one.

    Args:
        keys: The id and the step key of each item of the shard.
        streak: Counts the items in a row that ended in the same error.

    Raises:
        AnnotateError: If the lake can't be written, or too many items in a row end in one error.
    """
    try:
        return _commit(step, lake, outcomes, keys)
    except BaseException as error:
        if not is_unexpected(error):
            raise
        if found := of_the_machine(error):
            raise found from error
        parts = _halves(step, outcomes)
        if len(parts) < 2:
            if found := of_a_table(error):
                raise found from error
            (one,) = outcomes
            rejected = tuple(rejection(item, error) for item in items_of(step, one))
            report = _commit(step, lake, [_rejected(one, rejected)], keys)
            streak.add(step.name, error)
            return report
    return sum(
        (commit(step, lake, part, keys, streak) for part in parts), StepReport(step=step.name)
    )


def _commit(step: Step, lake: Lake, outcomes: Sequence[Outcome], keys: pl.DataFrame) -> StepReport:
    sound = _without_broken(step, outcomes, keys)
    for table, frame in _before(step, sound).items():
        lake.add(table, frame)
    frames = [one.rows for one in sound if one.rows is not None]
    if frames:
        rows = pl.concat(frames, how="vertical_relaxed")
        lake.add(step.output, rows.join(keys, on=step.id_column))
    rejected = [two for one in sound for two in one.rejected]
    if frames:
        rejected_items = [one.item for one in rejected]
        passed = rows.filter(~pl.col(step.id_column).is_in(rejected_items))
        resolve_items(lake, step.name, passed[step.id_column])
    reasons = quarantine(lake, step.name, rejected, dict(keys.iter_rows()))
    return StepReport(
        step=step.name,
        written=sum(one.items for one in sound) - sum(reasons.values()),
        quarantined=reasons,
        audio_seconds=sum(one.audio_ms for one in sound) / 1000,
    )


def _without_broken(step: Step, outcomes: Sequence[Outcome], keys: pl.DataFrame) -> list[Outcome]:
    """The outcomes; an item with a row that breaks a rule, in any table, is rejected as a whole."""
    sound = list(outcomes)
    while True:
        broken = _broken(step, sound, keys)
        if not broken:
            return sound
        sound = [two for one in sound for two in _without_items(step, one, broken)]


def _broken(step: Step, outcomes: Sequence[Outcome], keys: pl.DataFrame) -> dict[str, str]:
    """The items with a row that breaks a rule, with the rule and its table.

    Of several rows for one key in a table written before, only the first will be written: the
    others are checked only when it has been found to be broken.
    """
    found: dict[str, str] = {}
    for table, frame in _before(step, outcomes).items():
        key = table.primary_key()
        rules = {row[:-1]: row[-1] for row in sift(table, frame)[1].select(*key, "broken").rows()}
        seen: set[tuple[object, ...]] = set()
        for one in outcomes:
            for rows in (rows for kind, rows in one.before if kind is table):
                for row in rows.select(key).rows() if rules else ():
                    if row in rules and row not in seen:
                        rule = f"{table_name(table)} breaks {rules[row]}"
                        found.update(dict.fromkeys(items_of(step, one), rule))
                    seen.add(row)
    frames = [one.rows for one in outcomes if one.rows is not None]
    if frames:
        rows = pl.concat(frames, how="vertical_relaxed").join(keys, on=step.id_column)
        _, wrong = sift(step.output, rows)
        name = table_name(step.output)
        for item, rule in wrong.select(step.id_column, "broken").rows():
            found.setdefault(item, f"{name} breaks {rule}")
    return found


def _without_items(step: Step, outcome: Outcome, broken: dict[str, str]) -> Iterator[Outcome]:
    """The outcome without its broken items, and their rejection."""
    own = {item: rule for item, rule in broken.items() if item in items_of(step, outcome)}
    if not own:
        yield outcome
        return
    wrong = tuple(
        Rejection(item=item, reason="invalid_row", detail=f"a row of {rule}")
        for item, rule in own.items()
    )
    left = outcome.items - len(wrong)
    if left > 0 and outcome.rows is not None:
        others = outcome.rows.filter(~pl.col(step.id_column).is_in(list(own)))
        yield replace(outcome, rows=others, items=left)
        outcome = replace(outcome, audio_ms=0)
    yield _rejected(replace(outcome, items=len(wrong)), wrong)


def _before(step: Step, outcomes: Sequence[Outcome]) -> dict[type[Table], pl.DataFrame]:
    """The rows of other tables as they will be written, one per key."""
    ready = {}
    for table in dict.fromkeys(table for one in outcomes for table, _ in one.before):
        frames = [rows for one in outcomes for kind, rows in one.before if kind is table]
        rows = pl.concat(frames, how="vertical_relaxed").unique(
            table.primary_key(), keep="first", maintain_order=True
        )
        ready[table] = rows.with_columns(step_key=pl.lit(digest(step.name, step.version)))
    return ready


def _halves(step: Step, outcomes: Sequence[Outcome]) -> list[Sequence[Outcome]]:
    """The outcomes in two parts; a single one is split by its items, if it has several."""
    (one, *others) = outcomes
    if one.rows is not None and not others:
        outcomes = [
            replace(one, rows=rows, rejected=(), items=1, audio_ms=0)
            for rows in one.rows.partition_by(step.id_column, maintain_order=True)
        ]
        if one.rejected:
            outcomes.append(replace(one, rows=None, before=(), items=len(one.rejected)))
    half = len(outcomes) // 2
    return [part for part in (outcomes[:half], outcomes[half:]) if part]


def _rejected(outcome: Outcome, rejected: tuple[Rejection, ...]) -> Outcome:
    """The rejection of all items of an outcome."""
    return replace(outcome, rows=None, before=(), rejected=rejected)

"""Reviewers' decisions back into the lake, each a new row; of one caption the latest holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Decision, Task, decisions, parse_task
from annotate.model.errors import RejectedError, Rejection
from annotate.model.ids import digest
from annotate.model.report import StepReport
from annotate.model.tables import BOOKKEEPING, Captions, Places, Reviews, content_frame
from annotate.review.lineage import reattach
from annotate.review.refused import by_reason, refuse, resolve
from annotate.store.delta import order
from annotate.store.lake import Lake

STEP = "collect"
VERSION = 1

OVERLAP = timedelta(minutes=10)
"""How far behind the newest change seen the next listing begins: a change is seen later than the
time it bears."""

COMMIT = 1_000
"""Tasks a commit."""

Progress = Callable[[int], None]
"""Called with how many tasks have been looked at."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found in some tasks: rows to write, in order, and what can't be used."""

    rows: tuple[Row, ...]
    reused: int
    refused: tuple[Rejection, ...]
    keys: Mapping[str, str]


def collect(
    lake: Lake, studio: Studio, project: int, progress: Progress | None = None
) -> StepReport:
    """Write every decision that isn't in the lake yet.

    A task is looked at with all its decisions, so that of two reviewers the later one holds, in
    whatever order their decisions arrive here.

    Raises:
        AnnotateError: If the server fails; what was collected before that stays.
    """
    started = time.monotonic()
    place = f"label-studio/{urlsplit(studio.url).hostname}/{project}"
    seen = _seen_until(lake, place)
    newest, total, looked_at = seen, StepReport(step=STEP), 0
    for tasks in _batches(studio.changed_tasks(project, seen - OVERLAP if seen else None)):
        newest = max([task.updated_at for task in tasks] + ([newest] if newest else []))
        total += _settle(lake, _look(lake, place, tasks))
        looked_at += len(tasks)
        if progress:
            progress(looked_at)
    if newest is not None and newest != seen:
        row = {"place": place, "seen_until": newest.astimezone(UTC)}
        lake.add(Places, content_frame(Places, [row]).with_columns(step_key=pl.lit(STEP)))
    return total + StepReport(step=STEP, seconds=time.monotonic() - started)


def _batches(raw: Iterator[Mapping[str, Any]]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    for one in raw:
        batch.append(parse_task(one))
        if len(batch) == COMMIT:
            yield batch
            batch = []
    if batch:
        yield batch


def _look(lake: Lake, place: str, tasks: Sequence[Task]) -> Looked:
    found = [(task, decisions(place, task)) for task in tasks]
    wanted = {one.caption_id for _, many in found for one in many if isinstance(one, Decision)}
    captions = _captions(lake, wanted)
    written = _written(lake, wanted)
    rows: list[Row] = []
    refused: list[Rejection] = []
    keys: dict[str, str] = {}
    reused = 0
    for task, many in found:
        good: list[Row] = []
        for one in many:
            try:
                if isinstance(one, Rejection):
                    raise RejectedError(one.reason, one.detail)
                good.append(_row(one, captions))
                keys[one.item] = good[-1]["step_key"]
            except RejectedError as refusal:
                refused.append(refusal.of(one.item))
                keys[one.item] = digest(STEP, VERSION, task.updated_at.isoformat())
        new = _not_written(good, written)
        rows += new
        reused += len(good) - len(new)
    return Looked(rows=tuple(rows), reused=reused, refused=tuple(refused), keys=keys)


def _not_written(good: Sequence[Row], written: Mapping[str, list[str]]) -> list[Row]:
    """The rows that are new, and last the one that holds, if an older one came in after it."""
    if not good:
        return []
    there = written.get(good[0]["caption_id"], [])
    new = [row for row in good if row["step_key"] not in there]
    latest = (there + [row["step_key"] for row in new])[-1]
    return new if latest == good[-1]["step_key"] else [*new, good[-1]]


def _row(decision: Decision, captions: Mapping[str, Row]) -> Row:
    """The row of `reviews`.

    Raises:
        RejectedError: `unknown_caption`, if the lake never had it.
    """
    caption = captions.get(decision.caption_id)
    if caption is None:
        raise RejectedError("unknown_caption", f"the lake has no {decision.caption_id}")
    choice, text, lineage = decision.decision, caption["text"], caption["lineage"]
    if choice != "reject" and decision.text != text:
        # Whoever accepts a text that they have changed has fixed it.
        choice, text = "fix", decision.text
        lineage = reattach(caption["text"], lineage, text)
    row = {
        "caption_id": decision.caption_id,
        "image_id": caption["image_id"],
        "decision": choice,
        "reviewer": decision.reviewer,
        "automatic": False,
        "seconds": decision.seconds,
        "reasons": sorted(decision.reasons) if choice == "reject" else [],
        "text": text,
        "lineage": lineage,
    }
    moment = decision.updated_at.astimezone(UTC).isoformat()
    return {**row, "step_key": digest(STEP, VERSION, decision.item, moment, row)}


def _settle(lake: Lake, looked: Looked) -> StepReport:
    """Write in rounds: of several decisions on a caption each gets a later time than the last."""
    refused = list(looked.refused)
    waiting = list(looked.rows)
    while waiting:
        first = {row["caption_id"]: row for row in reversed(waiting)}
        left = [row for row in waiting if row is not first[row["caption_id"]]]
        keys = [row["step_key"] for row in first.values()]
        frame = content_frame(Reviews, first.values()).with_columns(step_key=pl.Series(keys))
        broken = lake.append(Reviews, frame)
        refused += [
            Rejection(
                item=row["caption_id"], reason="invalid_row", detail=f"breaks {row['broken']}"
            )
            for row in broken.iter_rows(named=True)
        ]
        waiting = left
    refuse(lake, STEP, refused, looked.keys)
    resolve(lake, STEP, sorted(looked.keys.keys() - {one.item for one in refused}))
    asked = len(looked.rows) + looked.reused + len(looked.refused)
    return StepReport(
        step=STEP,
        rows_in=asked,
        written=asked - looked.reused - len(refused),
        reused=looked.reused,
        quarantined=by_reason(refused),
    )


def _captions(lake: Lake, wanted: set[str]) -> dict[str, Row]:
    """The captions of these ids, be they the newest of their image or not."""
    only = pl.LazyFrame({"caption_id": sorted(wanted)}, schema={"caption_id": pl.String})
    found = lake.scan(Captions).join(only, on="caption_id", how="semi")
    return {row["caption_id"]: row for row in found.collect().iter_rows(named=True)}


def _written(lake: Lake, wanted: set[str]) -> dict[str, list[str]]:
    """The step keys of the decisions that people have taken on these captions, oldest first."""
    only = pl.LazyFrame({"caption_id": sorted(wanted)}, schema={"caption_id": pl.String})
    rows = (
        lake.scan(Reviews)
        .filter(~pl.col("automatic"))
        .join(only, on="caption_id", how="semi")
        .sort(order(BOOKKEEPING))
        .group_by("caption_id", maintain_order=True)
        .agg("step_key")
        .collect()
    )
    return dict(rows.iter_rows())


def _seen_until(lake: Lake, place: str) -> datetime | None:
    rows = lake.current(Places).filter(pl.col("place") == place)
    found = rows.select("seen_until").collect()["seen_until"]
    return found[0] if len(found) else None

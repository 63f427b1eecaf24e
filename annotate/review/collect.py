"""Reviewers' decisions back into the lake, each a new row; of one caption the latest holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Task, parse_task
from annotate.label_studio.review_project import Pushed, pushed
from annotate.model.errors import Rejection
from annotate.model.report import StepReport
from annotate.model.tables import Places, Reviews, content_frame
from annotate.review.adjudicate import share_out
from annotate.review.judged import NOT_A_REVIEWER, STEP, DecisionReader, DecisionReport, waits_for
from annotate.review.options import ReviewOptions
from annotate.review.quarantine import by_reason, refuse, resolve
from annotate.store.lake import Lake

OVERLAP = timedelta(minutes=10)
"""How far behind the newest change seen the next listing begins: a change is seen later than the
time it bears."""

COMMIT = 1_000
"""Tasks a commit."""

Progress = Callable[[int], None]
"""Called with how many tasks have been looked at."""


def collect(
    lake: Lake,
    studio: Studio,
    project: int,
    progress: Progress | None = None,
    options: ReviewOptions | None = None,
) -> StepReport:
    """Write every decision that isn't in the lake yet.

    A task is looked at with all its decisions, so that of two reviewers the later one holds, in
    whatever order their decisions arrive here. Only those of members of the reviewers' group, as it
    is now, count; when somebody joins it whose decisions were refused, all tasks are looked at.
    Then each task is given to as many more people as its caption wants.

    Raises:
        AnnotateError: If the server fails; what was collected before that stays.
    """
    started = time.monotonic()
    place = f"label-studio/{urlsplit(studio.url).hostname}/{project}"
    reviewers = studio.recorder.reviewers()
    wanted = (options or ReviewOptions()).reviewers_per_caption
    review = studio.review_project(project)
    at_once = review.at_once(wanted)
    seen = _seen_until(lake, place)
    since = None if seen is None or _count_now(lake, place, reviewers) else seen - OVERLAP
    newest, total, looked_at = seen, StepReport(step=STEP), 0
    for tasks in _batches(studio.changed_tasks(project, since)):
        newest = max([task.updated_at for task in tasks] + ([newest] if newest else []))
        total += _settle(lake, DecisionReader(lake, place, tasks, reviewers).look())
        open_ones = [_pushed(task) for task in tasks if _is_ours(task)]
        share_out(lake, review, open_ones, wanted, at_once, seen_all=True)
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


def _is_ours(task: Task) -> bool:
    return isinstance(task.data.get("caption_id"), str)


def _pushed(task: Task) -> Pushed:
    return pushed({"id": task.id, "data": task.data, "overlap": task.overlap}, task.people)


def _settle(lake: Lake, looked: DecisionReport) -> StepReport:
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


def _count_now(lake: Lake, place: str, reviewers: frozenset[int]) -> bool:
    """Whether decisions lie in quarantine that count now, since somebody is a reviewer now."""
    keys = [waits_for(place, account) for account in reviewers]
    waiting = (pl.col("step") == STEP) & (pl.col("reason") == NOT_A_REVIEWER)
    return lake.quarantined().filter(waiting & pl.col("step_key").is_in(keys)).height > 0


def _seen_until(lake: Lake, place: str) -> datetime | None:
    rows = lake.current(Places).filter(pl.col("place") == place)
    found = rows.select("seen_until").collect()["seen_until"]
    return found[0] if len(found) else None

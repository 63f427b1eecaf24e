"""Import of reviewers' decisions into the lake, one row each; a caption's latest is current."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import polars as pl

from annotate.execution.sync_cursor import SyncCursor
from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Task
from annotate.label_studio.review_project import Pushed, pushed
from annotate.model.errors import Rejection
from annotate.model.report import StepReport
from annotate.model.tables import Reviews, content_frame
from annotate.review.adjudicate import assign_more_reviewers
from annotate.review.decisions import (
    NOT_A_REVIEWER,
    STEP,
    DecisionReader,
    DecisionReport,
    waits_for,
)
from annotate.review.options import ReviewOptions
from annotate.store.lake import Lake
from annotate.store.quarantine import settle

OVERLAP = timedelta(minutes=10)
"""How far before the newest change read the next listing begins: a change can be listed later than
its time stamp."""

COMMIT = 1_000
"""Tasks per commit."""

Progress = Callable[[int], None]
"""Called with how many tasks have been read."""


def collect(
    lake: Lake,
    studio: Studio,
    project: int,
    progress: Progress | None = None,
    options: ReviewOptions | None = None,
) -> StepReport:
    """Write every decision that isn't in the lake yet.

    A task is read with all its decisions, so that of two reviewers' decisions the later one holds,
    in whatever order they are read. Only those of current members of the reviewers' group count;
    when somebody joins it whose decisions were rejected, all tasks are read. Then each task is
    assigned to as many more people as its caption needs.

    Raises:
        AnnotateError: If the server fails; decisions collected before that stay.
    """
    started = time.monotonic()
    place = f"label-studio/{urlsplit(studio.url).hostname}/{project}"
    reviewers = studio.recorder.reviewers()
    wanted = (options or ReviewOptions()).reviewers_per_caption
    review = studio.review_project(project)
    at_once = review.at_once(wanted)
    cursor, total, read = SyncCursor(lake, place, STEP), StepReport(step=STEP), 0
    seen = cursor.seen_until
    since = None if seen is None or _count_now(lake, place, reviewers) else seen - OVERLAP
    for tasks in cursor.batches(studio.changed_tasks(project, since), COMMIT):
        total += _commit(lake, DecisionReader(lake, place, tasks, reviewers).read())
        open_ones = [_pushed(task) for task in tasks if _is_ours(task)]
        assign_more_reviewers(lake, review, open_ones, wanted, at_once, seen_all=True)
        read += len(tasks)
        if progress:
            progress(read)
    cursor.commit()
    return total + StepReport(step=STEP, seconds=time.monotonic() - started)


def _is_ours(task: Task) -> bool:
    return isinstance(task.data.get("caption_id"), str)


def _pushed(task: Task) -> Pushed:
    return pushed({"id": task.id, "data": task.data, "overlap": task.overlap}, task.people)


def _commit(lake: Lake, found: DecisionReport) -> StepReport:
    """Write in rounds, so that each of several decisions on a caption has a later time stamp."""
    rejected = list(found.rejected)
    waiting = list(found.rows)
    while waiting:
        first = {row["caption_id"]: row for row in reversed(waiting)}
        left = [row for row in waiting if row is not first[row["caption_id"]]]
        keys = [row["step_key"] for row in first.values()]
        frame = content_frame(Reviews, first.values()).with_columns(step_key=pl.Series(keys))
        broken = lake.append(Reviews, frame)
        rejected += [
            Rejection(
                item=row["caption_id"], reason="invalid_row", detail=f"breaks {row['broken']}"
            )
            for row in broken.iter_rows(named=True)
        ]
        waiting = left
    rows_in = len(found.rows) + found.reused + len(found.rejected)
    return StepReport(
        step=STEP,
        rows_in=rows_in,
        written=rows_in - found.reused - len(rejected),
        reused=found.reused,
        quarantined=settle(lake, STEP, rejected, found.keys),
    )


def _count_now(lake: Lake, place: str, reviewers: frozenset[int]) -> bool:
    """Whether quarantined decisions count now, since somebody has become a reviewer."""
    keys = [waits_for(place, account) for account in reviewers]
    waiting = (pl.col("step") == STEP) & (pl.col("reason") == NOT_A_REVIEWER)
    return lake.quarantined().filter(waiting & pl.col("step_key").is_in(keys)).height > 0

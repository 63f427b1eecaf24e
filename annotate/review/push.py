"""Creation of review tasks for captions that need a decision."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import polars as pl

from annotate.label_studio.client import Studio
from annotate.label_studio.review_project import Pushed, ReviewProject
from annotate.media.audio import AudioBounds
from annotate.model.decision_rule import Reviewers
from annotate.model.errors import Rejection
from annotate.model.tables import Captions
from annotate.review.adjudicate import assign_more_reviewers
from annotate.review.options import ReviewOptions
from annotate.review.pending import for_review
from annotate.review.review_tasks import TaskBuilder
from annotate.store.lake import Lake
from annotate.store.quarantine import settle
from annotate.store.settled import unsettled

STEP = "push"

CHUNK = 50
"""Captions per import: the most work that is repeated after an interruption."""

Progress = Callable[[int, int], None]
"""Called with the number of captions done and the total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """The result of a push, for the captions that no person has decided on.

    Attributes:
        undecided: Their number.
        there: Tasks for them that the project had before.
        pushed: Tasks that were added.
        refused: Captions that couldn't be shown, by reason; they are in quarantine.
        renewed: Tasks of older pushes whose files were moved to where only reviewers can read them.
        outdated: The project's tasks whose caption has been composed anew since.
        seconds: Wall-clock time spent.
    """

    undecided: int
    there: int
    pushed: int
    refused: dict[str, int] = field(default_factory=dict)
    renewed: int = 0
    outdated: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as a plain dictionary."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def push(
    lake: Lake,
    studio: Studio,
    project: int,
    bounds: AudioBounds | None = None,
    progress: Progress | None = None,
    options: ReviewOptions | None = None,
) -> PushReport:
    """Add a task for each caption that needs a decision and has none; a second call adds nothing.

    Tasks of older pushes are brought up to date: their files are moved to where only reviewers can
    read them, and their predictions get the one version that reviewers are shown.

    Raises:
        AnnotateError: If the server fails; tasks added before that stay.
    """
    started, reviewers = time.monotonic(), (options or ReviewOptions()).reviewers_per_caption
    review = studio.review_project(project)
    at_once = review.at_once(reviewers)  # first, since new tasks begin with this number
    existing, pending = review.tasks(), _pending(lake, reviewers)
    known = {task.caption_id for task in existing}
    missing = pending.filter(~pl.col("caption_id").is_in(list(known)))
    exposed = _exposed(lake, existing, reviewers)
    builder = TaskBuilder(lake, studio, pl.concat([missing, exposed.drop("task")]), bounds)
    renewed, not_shown = _renew(builder, review, exposed)
    if existing:
        review.unify()
        review.show()
        renewed_tasks = _as_renewed(existing, exposed)
        assign_more_reviewers(lake, review, renewed_tasks, reviewers, at_once, seen_all=False)
    pushed, rejected = _add(builder, review, missing, progress)
    return PushReport(
        undecided=pending.height,
        there=pending.height - missing.height,
        pushed=pushed,
        refused=settle(lake, STEP, not_shown + rejected, _keys(builder.captions)),
        renewed=renewed,
        outdated=_outdated(lake, known),
        seconds=time.monotonic() - started,
    )


def _pending(lake: Lake, reviewers: Reviewers) -> pl.DataFrame:
    """The captions that need a decision, as rows of `captions` in the order of their ids."""
    pending = for_review(lake, reviewers).select(Captions.columns().keys())
    return pending.sort("caption_id").collect()


def _add(
    builder: TaskBuilder, review: ReviewProject, missing: pl.DataFrame, progress: Progress | None
) -> tuple[int, list[Rejection]]:
    """Make a task for each of these captions; how many were made, and which couldn't be."""
    pushed, rejections = 0, []
    for start in range(0, missing.height, CHUNK):
        made, rejected = builder.tasks(missing.slice(start, CHUNK))
        pushed += review.add(list(made.values()))
        rejections += rejected
        if progress:
            progress(min(start + CHUNK, missing.height), missing.height)
    if pushed:  # another process may have pushed the same captions meanwhile
        pushed = max(0, pushed - review.remove_duplicates())
    return pushed, rejections


def _renew(
    builder: TaskBuilder, review: ReviewProject, exposed: pl.DataFrame
) -> tuple[int, list[Rejection]]:
    """Upload the content of these tasks again; how many, and which couldn't be shown."""
    renewed, rejections = 0, []
    tasks = dict(exposed.select("caption_id", "task").iter_rows())
    for start in range(0, exposed.height, CHUNK):
        made, rejected = builder.tasks(exposed.slice(start, CHUNK))
        for caption, task in made.items():
            review.renew(tasks[caption], task)
        renewed += len(made)
        rejections += rejected
    return renewed, rejections


def _as_renewed(existing: Sequence[Pushed], exposed: pl.DataFrame) -> list[Pushed]:
    """The tasks; those that were renewed show no earlier decisions any more."""
    anew = set(exposed["task"])
    return [replace(task, earlier=()) if task.id in anew else task for task in existing]


def _keys(captions: pl.DataFrame) -> dict[str, str]:
    return dict(captions.select("caption_id", "step_key").iter_rows())


def _outdated(lake: Lake, known: set[str]) -> int:
    """How many of these captions have been composed anew since."""
    newest = set(lake.current(Captions).select("caption_id").collect()["caption_id"])
    return len(known - newest)


def _exposed(lake: Lake, existing: Sequence[Pushed], reviewers: Reviewers) -> pl.DataFrame:
    """The captions still to review whose tasks are of an older push: see `Pushed.up_to_date`."""
    rows = [(task.caption_id, task.id) for task in existing if not task.up_to_date]
    tasks = pl.LazyFrame(rows, {"caption_id": pl.String, "task": pl.Int64}, orient="row")
    captions = lake.scan(Captions).unique("caption_id", keep="any").join(tasks, on="caption_id")
    return (
        unsettled(lake, reviewers, captions)
        .sort("task")
        .unique("caption_id", keep="first")
        .collect()
    )

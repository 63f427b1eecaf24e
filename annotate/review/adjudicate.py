"""The number of reviewers per task: as many as its caption still needs.

Label Studio assigns a task to a fixed number of people and then counts it as finished. It also
counts people whose decision is invalid, such as an account that isn't a reviewer's; and when two
reviewers differ, a third one is needed. So a task's number is the existing annotations plus the
missing ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from annotate.label_studio.review_project import Pushed, ReviewProject
from annotate.model.decision_rule import Opinion, Reviewers, settle
from annotate.store.lake import Lake
from annotate.store.settled import opinions


def assign_more_reviewers(
    lake: Lake,
    review: ReviewProject,
    tasks: Sequence[Pushed],
    reviewers: Reviewers,
    at_once: int,
    *,
    seen_all: bool,
) -> int:
    """Assign each task to as many people as its caption needs; returns how many were changed.

    The adjudicator is shown the decisions that differ, without names.

    Args:
        at_once: How many people the project assigns a task to.
        seen_all: Whether the lake has all annotations of these tasks. If it hasn't, they are
            assigned to more people if need be, and never to fewer.

    Raises:
        AnnotateError: If the server fails; a second call continues from there.
    """
    captions = pl.DataFrame({"caption_id": sorted({task.caption_id for task in tasks})})
    opinions_by_caption = opinions(lake, captions.cast({"caption_id": pl.String}))
    changed = 0
    for task in tasks:
        of_it = opinions_by_caption.get(task.caption_id, [])
        one = settle(of_it, reviewers)
        people = task.people if seen_all else len({known.reviewer for known in of_it})
        overlap = max(at_once, people + one.missing) if one.missing else at_once
        overlap = overlap if seen_all else max(overlap, task.overlap)
        earlier = _earlier(of_it) if one.waits == "adjudication" else task.earlier
        if (overlap, list(earlier)) != (task.overlap, list(task.earlier)):
            review.give(task, overlap, earlier)
            changed += 1
    return changed


def _earlier(opinions_by_caption: Sequence[Opinion]) -> list[dict[str, Any]]:
    """Each person's newest decision, in an order that doesn't reveal who came first."""
    newest = {one.reviewer: one for one in opinions_by_caption}
    shown = [{"decision": one.decision, "text": one.text} for one in newest.values()]
    return sorted(shown, key=lambda one: (one["decision"], one["text"] or ""))

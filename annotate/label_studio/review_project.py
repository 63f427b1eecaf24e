"""The review project's tasks, with predictions of a single model version.

In its labelling stream Label Studio shows only predictions of the model version that is set in the
project. So all our predictions have the same version, and the project is set to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.label_studio.recorder_api import MEDIA
from annotate.label_studio.review_task import MODEL_VERSION, caption_result
from annotate.label_studio.task_listing import condition, remove_duplicates, tasks

if TYPE_CHECKING:
    from annotate.label_studio.connection import Connection

BATCH = 200
"""Predictions per import request."""

Import = Callable[[int, Sequence[Mapping[str, Any]]], int]
"""Adds tasks to a project and returns how many were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A task that was pushed before.

    Attributes:
        up_to_date: Whether only reviewers can read its files, and its data contains the recordings'
            authors and the review panel's data.
        overlap: The number of people that the labelling stream assigns it to.
        people: The number of people who have submitted an annotation.
        earlier: The decisions that it shows to an adjudicator.
    """

    id: int
    caption_id: str
    up_to_date: bool
    overlap: int
    people: int
    earlier: Sequence[Any]


class ReviewProject:
    """One review project; every method raises `AnnotateError` when the server fails."""

    def __init__(self, connection: Connection, project: int, add: Import):
        self._at = connection
        self._project = project
        self._add = add
        self._shown = False

    def tasks(self) -> list[Pushed]:
        """The tasks of captions, by id."""
        found = []
        for task in tasks(self._at, self._project, "task_only"):
            data = task["data"]
            if isinstance(data.get("caption_id"), str):
                found.append(pushed(task, int(task.get("total_annotations") or 0)))
        return found

    def at_once(self, reviewers: int) -> int:
        """Assign each task to at least `reviewers` people; the resulting number."""
        now = int(self._now().maximum_annotations or 1)
        if now < reviewers:
            wanted = {"maximum_annotations": reviewers, "overlap_cohort_percentage": 100}
            self._change(wanted)
        return max(now, reviewers)

    def give(self, task: Pushed, overlap: int, earlier: Sequence[Mapping[str, Any]]) -> None:
        """Set how many people the stream assigns a task to, and the decisions shown to them."""
        # The server updates is_labeled only when an annotation is stored, not for this change.
        change: dict[str, Any] = {"overlap": overlap, "is_labeled": task.people >= overlap}
        if list(earlier) != list(task.earlier):
            change["data"] = {**self._data(task.id), "earlier": list(earlier)}
        self._at.write(lambda sdk: sdk.tasks.update(str(task.id), **change))

    def add(self, new: Sequence[Mapping[str, Any]]) -> int:
        """Add tasks with their predictions and return how many were added."""
        count = self._add(self._project, new) if new else 0
        if count:
            self.show()
        return count

    def remove_duplicates(self) -> int:
        """Delete tasks of captions that another process also pushed; how many were deleted."""
        return remove_duplicates(self._at, self._project, "caption_id")

    def renew(self, task: int, made: Mapping[str, Any]) -> None:
        """Replace a task's data and prediction with newly made ones."""
        self._at.write(lambda sdk: sdk.tasks.update(str(task), data=made["data"]))
        self._predict([{**one, "task": task} for one in made["predictions"]])

    def unify(self) -> int:
        """Add a prediction of `MODEL_VERSION` to each task without one; how many were added.

        In older releases each caption had its own model version. Those tasks get a copy of their
        newest prediction.
        """
        lacking = condition("predictions_model_versions", "not_contains", "List", [MODEL_VERSION])
        waiting: list[dict[str, Any]] = []
        count = 0
        for task in tasks(self._at, self._project, "all", [lacking]):
            result = _shown(task)
            if result is not None:
                waiting.append(
                    {"task": task["id"], "model_version": MODEL_VERSION, "result": result}
                )
                count += 1
            if len(waiting) == BATCH:
                self._predict(waiting)
                waiting = []
        self._predict(waiting)
        return count

    def show(self) -> None:
        """Set the project to show our predictions; it must already contain one of them."""
        if self._shown:
            return
        wanted = {"show_collab_predictions": True, "model_version": MODEL_VERSION}
        now = self._now()
        if any(getattr(now, name) != value for name, value in wanted.items()):
            self._change(wanted)
        self._shown = True

    def _now(self) -> Any:
        return self._at.read(lambda sdk: sdk.projects.get(self._project))

    def _change(self, wanted: dict[str, Any]) -> None:
        self._at.write(lambda sdk: sdk.projects.update(self._project, **wanted))

    def _data(self, task: int) -> dict[str, Any]:
        found = self._at.read_json(lambda sdk: sdk.tasks.get(str(task)))
        return dict(found["data"])

    def _predict(self, made: Sequence[Any]) -> None:
        if made:
            self._at.write(lambda sdk: sdk.projects.import_predictions(self._project, request=made))


def pushed(task: Mapping[str, Any], people: int) -> Pushed:
    """A caption's task, from the server's listing."""
    data = task["data"]
    private = all(str(data.get(key)).startswith(MEDIA) for key in ("image", "audio"))
    earlier = data.get("earlier")
    return Pushed(
        id=task["id"],
        caption_id=data["caption_id"],
        up_to_date=private
        and isinstance(data.get("recorded_by"), list)
        and isinstance(data.get("review"), dict),
        overlap=int(task.get("overlap") or 1),
        people=people,
        earlier=earlier if isinstance(earlier, list) else (),
    )


def _shown(task: Mapping[str, Any]) -> list[Any] | None:
    """The result of the newest prediction, or the caption alone; None if there is neither."""
    existing: Iterator[Mapping[str, Any]] = (
        one for one in task.get("predictions") or () if one.get("result")
    )
    newest = max(existing, key=lambda one: one.get("id", 0), default=None)
    if newest is not None:
        return list(newest["result"])
    text = task["data"].get("caption")
    return [caption_result(text)] if isinstance(text, str) and text else None

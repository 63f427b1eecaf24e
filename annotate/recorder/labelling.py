"""Rules for labellers' requests on tasks, annotations and drafts, which must be their own."""

from __future__ import annotations

from typing import Any

from annotate.recorder.edits import check_edit
from annotate.recorder.incoming_request import (
    IncomingRequest,
    bad,
    hidden,
    in_project,
    json_body,
    no_body,
    number,
    project_of,
    put_body,
)
from annotate.recorder.own_tasks import reject_own
from annotate.recorder.project_kinds import RECORDING, kind_of
from annotate.recorder.recordings_in_results import edits_of, named_recordings
from annotate.recorder.second_look_queue import Words
from annotate.recorder.store import recordings, store

ANNOTATION_KEYS = (
    *("result", "lead_time", "was_cancelled", "draft_id", "started_at", "unique_id"),
    *("parent_prediction", "parent_annotation", "project", "task", "completed_by", "id", "pk"),
)
DRAFT_KEYS = (
    *("result", "lead_time", "draft_id", "started_at", "unique_id", "was_postponed"),
    *("parent_prediction", "parent_annotation", "project", "task", "user", "annotation", "id"),
)
QUERY = ("query", "view", "fields")
"""Parameters with which the data manager selects tasks and fields."""
NEXT_KEYS = ("ordering", "selectedItems", "filters", "project")


def a_task(incoming: IncomingRequest) -> Any:
    """The task in the path, in a project visible to the labeller.

    Raises:
        RequestError: 404 `not_found`; 403 `own_recording`, if it is about their recording.
    """
    from tasks.models import Task

    task = Task.objects.filter(pk=incoming.names["pk"]).select_related("project").first()
    if task is None:
        raise hidden()
    in_project(incoming, task.project)
    project = incoming.parameter("project")
    if project is not None and number(project) != task.project_id:
        raise bad("the task is of another project")
    reject_own(incoming.user, task)
    return task


def read_task(incoming: IncomingRequest) -> None:
    """One task, to be shown in the editor."""
    no_body(incoming)
    incoming.forbid(*QUERY)
    a_task(incoming)


def next_task(incoming: IncomingRequest) -> None:
    """The next task of the stream; filters and orderings are rejected."""
    incoming.forbid("query", "view")
    project = project_of(incoming, incoming.parameter("project"))
    if incoming.parameter("id") != "next_task":
        raise hidden()
    body = json_body(incoming, NEXT_KEYS)
    selected, filters = body.get("selectedItems") or {}, body.get("filters") or {}
    chosen = isinstance(selected, dict) and (selected.get("included") or selected.get("excluded"))
    filtered = isinstance(filters, dict) and filters.get("items")
    if body.get("ordering") or chosen or filtered:
        raise bad("tasks of the stream can't be chosen")
    if not isinstance(selected, dict) or not isinstance(filters, dict):
        raise bad("it isn't of the form that the stream sends")
    neutral = {
        "ordering": [],
        "selectedItems": {"all": False, "included": []},
        "filters": {"conjunction": "and", "items": []},
    }
    put_body(incoming, {**neutral, "project": str(project.pk)})


def create_annotation(incoming: IncomingRequest) -> None:
    """An annotation in the labeller's own name, with a recording that they made."""
    task = a_task(incoming)
    body = json_body(incoming, ANNOTATION_KEYS)
    _check_names(incoming, body, task)
    draft = body.get("draft_id")
    if draft:
        _own_draft(incoming, draft)
    _check_result(incoming, body, task)
    put_body(incoming, body)


def own_annotation(incoming: IncomingRequest) -> None:
    """Read or delete the labeller's own annotation."""
    no_body(incoming)
    _own_annotation(incoming, incoming.names["pk"])


def change_annotation(incoming: IncomingRequest) -> None:
    """Change the content of the labeller's own annotation, and none of its other fields."""
    annotation = _own_annotation(incoming, incoming.names["pk"])
    reject_own(incoming.user, annotation.task)
    body = json_body(incoming, ANNOTATION_KEYS)
    _check_names(incoming, body, annotation.task)
    _check_result(incoming, body, annotation.task)
    if any(body.get(name, annotation.pk) != annotation.pk for name in ("id", "pk")):
        raise bad("it is another annotation")
    excluded = ("completed_by", "draft_id")
    put_body(incoming, {name: body[name] for name in body if name not in excluded})


def create_draft(incoming: IncomingRequest) -> None:
    """A draft in the labeller's own name; of their own annotation, if the path names one."""
    task = a_task(incoming)
    if "annotation_id" in incoming.names:
        annotation = _own_annotation(incoming, incoming.names["annotation_id"])
        if annotation.task_id != task.pk:
            raise hidden()
    body = json_body(incoming, DRAFT_KEYS)
    _check_names(incoming, body, task)
    _check_result(incoming, body, task)
    excluded = ("user", "annotation", "id")
    put_body(incoming, {name: body[name] for name in body if name not in excluded})


def own_draft(incoming: IncomingRequest) -> None:
    """Read or delete the labeller's own draft."""
    no_body(incoming)
    _own_draft(incoming, incoming.names["pk"])


def change_draft(incoming: IncomingRequest) -> None:
    """Change the content of the labeller's own draft, and none of its other fields."""
    draft = _own_draft(incoming, incoming.names["pk"])
    reject_own(incoming.user, draft.task)
    body = json_body(incoming, DRAFT_KEYS)
    _check_names(incoming, body, draft.task)
    _check_result(incoming, body, draft.task)
    stored = ("result", "lead_time", "was_postponed")
    put_body(incoming, {name: body[name] for name in body if name in stored})


def _own_annotation(incoming: IncomingRequest, key: int) -> Any:
    from tasks.models import Annotation

    own = Annotation.objects.filter(completed_by=incoming.user)
    annotation = own.filter(pk=key).select_related("task__project").first()
    if annotation is None or annotation.task is None:
        raise hidden()
    in_project(incoming, annotation.task.project)
    return annotation


def _own_draft(incoming: IncomingRequest, key: object) -> Any:
    from tasks.models import AnnotationDraft

    if isinstance(key, bool) or not isinstance(key, int):
        raise bad("an id isn't a number")
    found = AnnotationDraft.objects.filter(pk=key, user=incoming.user).select_related(
        "task__project"
    )
    draft = found.first()
    if draft is None or draft.task is None:
        raise hidden()
    in_project(incoming, draft.task.project)
    return draft


def _check_names(incoming: IncomingRequest, body: dict[str, Any], task: Any) -> None:
    """Reject a body with another task, project or author than those of the request."""
    mine = {"task": task.pk, "project": task.project_id}
    mine |= {"completed_by": incoming.user.pk, "user": incoming.user.pk}
    for name, value in mine.items():
        given = body.get(name)
        if given is not None and (isinstance(given, bool) or str(given) != str(value)):
            raise bad(f"{name} is another one's")
    for name in ("parent_annotation", "parent_prediction"):
        if body.get(name) and not _of_task(name, body[name], task):
            raise bad(f"{name} is another task's")


def _of_task(name: str, key: object, task: Any) -> bool:
    related = task.annotations if name == "parent_annotation" else task.predictions
    return isinstance(key, int) and bool(related.filter(pk=key).exists())


def _check_result(incoming: IncomingRequest, body: dict[str, Any], task: Any) -> None:
    """Reject a result with a recording that this user hasn't made of this task."""
    result = body.get("result")
    if result is None or kind_of(task.project.label_config) != RECORDING:
        return
    if not isinstance(result, list):
        raise bad("the result isn't a list")
    for name in named_recordings(result):
        stored = recordings().find(name) if name else None
        owner = (stored.record["user"], stored.record["task"]) if stored else None
        if owner != (incoming.user.pk, task.pk):
            raise bad("the recording isn't yours, or isn't of this image")
    _check_edits(result)


def _check_edits(result: list[Any]) -> None:
    """Reject corrections of words that weren't shown, and texts with control characters."""
    try:
        edits = edits_of(result)
    except ValueError:
        raise bad("the recording's reference names a key twice") from None
    for name, edit in edits:
        check_edit(edit, Words(store()).of(name))

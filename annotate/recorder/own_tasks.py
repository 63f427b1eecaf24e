"""Excludes captions of a reviewer's own recordings from their stream and from their requests.

`annotate review push` writes the accounts that made the recordings to the task's data, from this
server's own records. Labellers can neither change nor read that field.
"""

from __future__ import annotations

from typing import Any

from annotate.recorder.errors import RequestError
from annotate.recorder.project_kinds import REVIEW, kind_of

RECORDED_BY = "recorded_by"
"""The key of the accounts in a task's data."""


def connect() -> None:
    """Replace Label Studio's choice of the stream's next task with ours."""
    from data_manager.actions import register_action
    from data_manager.actions.next_task import actions

    (theirs,) = actions
    register_action(**{**theirs, "entry_point": next_task})


def next_task(project: Any, queryset: Any, **more: Any) -> Any:
    """Label Studio's choice among the tasks that aren't about the user's own recordings."""
    from data_manager.actions.next_task import next_task as choose

    if kind_of(project.label_config) == REVIEW:
        own = _own_tasks(project, more["request"].user)
        queryset = queryset.exclude(pk__in=own)
    return choose(project, queryset, **more)


def is_own(user: Any, task: Any) -> bool:
    """Whether a task is about a recording of this account's."""
    accounts = task.data.get(RECORDED_BY) if isinstance(task.data, dict) else None
    return isinstance(accounts, list) and user.pk in accounts


def reject_own(user: Any, task: Any) -> None:
    """Reject a task that is about a recording of this account.

    Raises:
        RequestError: 403 `own_recording`.
    """
    if is_own(user, task):
        message = "You recorded this one, so somebody else reviews it. Go on to the next one."
        raise RequestError(403, "own_recording", message)


def _own_tasks(project: Any, user: Any) -> Any:
    """The ids of the project's tasks about this account's recordings, as a subquery."""
    from django.db.models.fields.json import KeyTextTransform
    from tasks.models import Task

    tasks = Task.objects.filter(project=project).annotate(
        annotate_accounts=KeyTextTransform(RECORDED_BY, "data")
    )
    # Compared as JSON text, because Django can't query JSON lists on SQLite.
    return tasks.filter(annotate_accounts__regex=rf"[^0-9]{user.pk}[^0-9]").values("pk")

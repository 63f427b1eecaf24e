"""Identity of a request and its access rights.

Label Studio permits almost everything to every logged-in user. Recordings are personal data, so
they have stricter rules: a recording can be read by the annotator who made it, by reviewers and by
the pipeline. For all others the response is the same as for a missing recording.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from annotate.recorder.errors import RequestError
from annotate.recorder.recording_store import Owner, StoredRecording
from annotate.recorder.roles import Role, is_reviewer, role_of, token_user


def session_user(request: HttpRequest) -> Any:
    """The user of the browser session; a token isn't accepted.

    Raises:
        RequestError: 401 `not_logged_in`.
    """
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "is_jwt", False):
        raise RequestError(401, "not_logged_in", "Your session has ended. Log in again.")
    return user


def reader(request: HttpRequest) -> tuple[Any, bool]:
    """The requesting user, and whether they are authenticated by an API token.

    Raises:
        RequestError: 401 `not_logged_in`, also for an invalid or expired token.
    """
    scheme = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0].lower()
    if scheme == "token":
        user = token_user(request)
        if user is None:
            raise RequestError(401, "not_logged_in", "The token doesn't hold. Check it.")
        return user, True
    if scheme == "bearer":
        # Label Studio's own middleware has already verified it.
        if not getattr(request, "is_jwt", False):
            raise RequestError(
                401, "not_logged_in", "The access token doesn't hold. Get a new one."
            )
        return request.user, True
    return session_user(request), False


def task_for(user: Any, task_id: int) -> Any:
    """The task of that id.

    Raises:
        RequestError: 404 `no_such_task`, also if it is another organisation's.
    """
    from tasks.models import Task

    organization = user.active_organization_id
    # for_user() of a user without an organisation would match projects without one.
    tasks = Task.objects.for_user(user) if organization else Task.objects.none()
    task = tasks.filter(pk=task_id).select_related("project").first()
    if task is None or not task.project.has_permission(user):
        raise RequestError(
            404, "no_such_task", "There is no such image, or it isn't yours to describe."
        )
    return task


def owner(user: Any, task: Any) -> Owner:
    """The owner of a recording that `user` makes of `task`."""
    return Owner(
        user=user.pk,
        organization=task.project.organization_id,
        project=task.project_id,
        task=task.pk,
        task_created=task.created_at.isoformat(),
    )


def may_read(user: Any, by_token: bool, stored: StoredRecording) -> bool:
    """Whether this user may read this recording."""
    role = role_of(user)
    if by_token:
        return _same_organization(user, stored) and role in (Role.PIPELINE, Role.OPERATOR)
    if user.pk == stored.record["user"]:
        return role is not Role.STRANGER
    return _same_organization(user, stored) and is_reviewer(user)


def pipeline(request: HttpRequest) -> Any:
    """The pipeline's or an operator's account, authenticated by an API token.

    Raises:
        RequestError: 401 `not_logged_in`; 404 `not_found` for all other accounts.
    """
    user, by_token = reader(request)
    if not by_token or role_of(user) not in (Role.PIPELINE, Role.OPERATOR):
        raise RequestError(404, "not_found", "There is nothing here.")
    return user


def _same_organization(user: Any, stored: StoredRecording) -> bool:
    return bool(user.active_organization_id == stored.record["organization"])

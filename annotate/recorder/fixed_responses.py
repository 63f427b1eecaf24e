"""Our own responses to requests of Label Studio's page that labellers don't need.

Rejecting them would show an error in the page. So the responses contain only the labeller's own
data: themselves as the only user, no list of tasks, no model.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse

from annotate.recorder.annotator_progress import stream_of
from annotate.recorder.home import stream_page
from annotate.recorder.incoming_request import IncomingRequest, no_body, number, project_of
from annotate.recorder.own_tasks import is_own

VIEW_ID = 1
"""Id of the data manager's only tab, which isn't stored in the database."""


def _json(body: Any) -> HttpResponse:
    response = JsonResponse(body, safe=False)
    response["Cache-Control"] = "private, no-store"
    return response


def _of_project(incoming: IncomingRequest) -> Any:
    no_body(incoming)
    return project_of(incoming, incoming.parameter("project"))


def users(incoming: IncomingRequest) -> HttpResponse:
    """A list of the requesting user only."""
    _of_project(incoming)
    user = incoming.user
    me = {
        **{name: getattr(user, name) for name in ("id", "first_name", "last_name", "email")},
        **{"initials": user.get_initials(), "avatar": None, "phone": "", "username": user.username},
        **{"active_organization": user.active_organization_id, "last_activity": None},
    }
    return _json([me])


def no_tasks(incoming: IncomingRequest) -> HttpResponse:
    """An empty list of the data manager."""
    _of_project(incoming)
    return _json({"tasks": [], "total": 0, "total_annotations": 0, "total_predictions": 0})


def one_view(incoming: IncomingRequest) -> HttpResponse:
    """The data manager's only tab, which can't be changed."""
    project = _of_project(incoming)
    data = {
        **{"title": "Default", "type": "list", "target": "tasks", "ordering": []},
        "filters": {"conjunction": "and", "items": []},
        "hiddenColumns": {"explore": [], "labeling": []},
        **{"columnsWidth": {}, "columnsDisplayType": {}, "gridWidth": 4},
    }
    view = {
        **{"id": VIEW_ID, "order": 0, "data": data},
        **{"project": project.pk, "user": incoming.user.pk},
        "selectedItems": {"all": False, "included": []},
        **{"filter_group": None, "ordering": []},
    }
    return _json([view])


def nothing(incoming: IncomingRequest) -> HttpResponse:
    """An empty list."""
    _of_project(incoming)
    return _json([])


def no_links(incoming: IncomingRequest) -> HttpResponse:
    """An empty page of a list."""
    _of_project(incoming)
    return _json({"count": 0, "next": None, "previous": None, "results": []})


def no_tips(incoming: IncomingRequest) -> HttpResponse:
    """HTTP 404, because Label Studio would fetch these tips from an external site."""
    return JsonResponse({}, status=404)


def _is_own(incoming: IncomingRequest, key: int) -> bool:
    from tasks.models import Task

    task = Task.objects.filter(pk=key).first()
    return task is not None and is_own(incoming.user, task)


def to_stream(incoming: IncomingRequest) -> HttpResponse | None:
    """The stream of a project's tasks, or the requested task, instead of the list of tasks.

    A reviewer who requests a task about their own recording is also redirected to the stream.
    """
    project = project_of(incoming, incoming.names["pk"])
    if incoming.parameter("labeling") is not None:
        return stream_page(incoming)
    task = incoming.parameter("task")
    if task is not None and not _is_own(incoming, number(task)):
        return None
    return HttpResponseRedirect(stream_of(project.pk))

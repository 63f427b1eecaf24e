"""The allow-list of Label Studio's endpoints per role, by method and Django route.

Routes are those that Django has matched, so alternative spellings of a URL can't bypass the list.
Endpoints that aren't listed are rejected, including those added by later versions of Label Studio.
"""

from __future__ import annotations

from annotate.recorder import fixed_responses, home, labelling
from annotate.recorder.incoming_request import IncomingRequest, Rule, hidden, no_body, project_of
from annotate.recorder.roles import Role

Rules = dict[tuple[str, str], Rule]


def free(incoming: IncomingRequest) -> None:
    """No check: the view has its own, or its response is public."""


def plain(incoming: IncomingRequest) -> None:
    """Require an empty body, because a view might read parameters from it."""
    no_body(incoming)


def seen_project(incoming: IncomingRequest) -> None:
    """Require that the project in the path is visible to the user."""
    no_body(incoming)
    project_of(incoming, incoming.names["pk"])


def requested_project(incoming: IncomingRequest) -> None:
    """Require that the project in the query is visible to the user."""
    no_body(incoming)
    project_of(incoming, incoming.parameter("project"))


def seen_upload(incoming: IncomingRequest) -> None:
    """Require that the file (an image) was uploaded to a project visible to the user."""
    from data_import.models import FileUpload
    from django.conf import settings

    name = f"{settings.UPLOAD_DIR.rstrip('/')}/{incoming.names['filename']}"
    upload = FileUpload.objects.filter(file=name).select_related("project").last()
    if upload is None:
        raise hidden()
    project_of(incoming, upload.project_id)


def _get(rule: Rule, *routes: str) -> Rules:
    return {("GET", route): rule for route in routes}


FILES = _get(
    free,
    *("^static/(?P<path>.*)$", "^static/fonts/roboto/roboto.css$", "^react-app/(?P<path>.*)$"),
    *("^label-studio-frontend/(?P<path>.*)$", "^dm/(?P<path>.*)$", "^favicon\\.ico$"),
    *("^sw\\.js$", "^sw-fallback\\.js$", "health/"),
)
"""Static files, which are public."""

PROJECT_LISTS = ("api/projects/", "api/projects/counts/")
"""At these paths our filtered views precede Label Studio's."""

OURS = "^annotate/"
"""Prefix of our own endpoints, which check every request themselves."""

NOBODY: Rules = {
    **FILES,
    **_get(free, "^$", "^user/login/", "^user/signup/", "^logout/?$"),
    **_get(fixed_responses.no_tips, "heidi-tips/"),
    ("POST", "^user/login/"): free,
    ("POST", "^user/signup/"): free,
    # Authenticated by the request's body.
    ("POST", "^api/token/refresh/"): free,
}

LABELLER: Rules = {
    **FILES,
    **_get(free, "^user/login/", "^logout/?$"),
    ("POST", "^user/login/"): free,
    ("POST", "^api/token/refresh/"): free,
    **_get(plain, "version/", "^api/current-user/whoami"),
    **_get(plain, "^api/current-user/hotkeys/", *PROJECT_LISTS),
    **_get(home.begin, "^$"),
    **_get(home.projects_page, "^projects/"),
    **_get(fixed_responses.to_stream, "^projects/<int:pk>/", "^projects/<int:pk>/data/"),
    **_get(seen_project, "^api/projects/<int:pk>/", "^api/projects/<int:pk>/label-stream-history/"),
    **_get(requested_project, "^api/dm/columns/", "^api/dm/project/"),
    **_get(fixed_responses.users, "^api/users/$"),
    **_get(fixed_responses.no_tasks, "^api/tasks/"),
    **_get(fixed_responses.one_view, "^api/dm/views/$"),
    **_get(fixed_responses.nothing, "^api/ml/"),
    **_get(fixed_responses.no_links, "^api/label_links/$"),
    **_get(fixed_responses.no_tips, "heidi-tips/"),
    **_get(seen_upload, "^data/upload/<path:filename>"),
    **_get(labelling.read_task, "^api/tasks/<int:pk>/"),
    **_get(labelling.own_annotation, "^api/annotations/<int:pk>/"),
    **_get(labelling.own_draft, "^api/drafts/<int:pk>/"),
    ("POST", "^api/dm/actions/"): labelling.next_task,
    ("POST", "^api/tasks/<int:pk>/annotations/"): labelling.create_annotation,
    ("PATCH", "^api/annotations/<int:pk>/"): labelling.change_annotation,
    ("DELETE", "^api/annotations/<int:pk>/"): labelling.own_annotation,
    ("POST", "^api/tasks/<int:pk>/drafts"): labelling.create_draft,
    (
        "POST",
        "^api/tasks/<int:pk>/annotations/<int:annotation_id>/drafts",
    ): labelling.create_draft,
    ("PATCH", "^api/drafts/<int:pk>/"): labelling.change_draft,
    ("DELETE", "^api/drafts/<int:pk>/"): labelling.own_draft,
}
"""For annotators and reviewers, who differ in the projects visible to them."""

PIPELINE: Rules = {
    **FILES,
    **_get(free, "^$", "^user/login/", "^logout/?$", "^projects/", "^projects/<int:pk>/"),
    **_get(free, "^projects/<int:pk>/data/", "version/"),
    **_get(free, "^api/current-user/whoami", "^api/current-user/hotkeys/", "^api/invite"),
    **_get(free, *PROJECT_LISTS, "^api/projects/<int:pk>/"),
    **_get(free, "^api/tasks/", "^api/tasks/<int:pk>/", "^api/tasks/<int:pk>/annotations/"),
    **_get(free, "^api/annotations/<int:pk>/", "^api/webhooks/", "^api/webhooks/<int:pk>/"),
    **_get(free, "^api/import/file-upload/<int:pk>", "^data/upload/<path:filename>"),
    ("POST", "^user/login/"): free,
    ("POST", "^api/token/"): free,
    ("POST", "^api/token/refresh/"): free,
    ("POST", "api/projects/"): free,
    ("PATCH", "^api/projects/<int:pk>/"): free,
    ("POST", "^api/projects/<int:pk>/import"): free,
    ("POST", "^api/projects/<int:pk>/import/predictions"): free,
    ("PATCH", "^api/tasks/<int:pk>/"): free,
    ("POST", "^api/webhooks/"): free,
    ("PATCH", "^api/webhooks/<int:pk>/"): free,
}
"""The requests sent by the commands of `annotate`."""

STRANGER: Rules = {
    **FILES,
    **_get(free, "^logout/?$", "^user/login/", "^user/signup/"),
    ("POST", "^user/login/"): free,
}
"""People who were removed from the organisation."""

RULES: dict[Role, Rules] = {
    Role.NOBODY: NOBODY,
    Role.STRANGER: STRANGER,
    Role.ANNOTATOR: LABELLER,
    Role.REVIEWER: LABELLER,
    Role.PIPELINE: PIPELINE,
}


def rule_for(role: Role, method: str, route: str) -> Rule | None:
    """The rule for a request; None if it is rejected."""
    method = "GET" if method == "HEAD" else method
    if role is Role.OPERATOR:
        return free
    if route.startswith(OURS):
        return None if role is Role.STRANGER and method != "GET" else free
    return RULES[role].get((method, route))

"""The allow-list: what each role may ask of Label Studio, by method and by Django's route.

A route is what Django itself matched, so that no way of writing an address gets round the list.
What isn't on it is refused, also what a later version of Label Studio adds.
"""

from __future__ import annotations

from annotate.recorder import fixed_responses, home, labelling
from annotate.recorder.incoming_request import IncomingRequest, Rule, hidden, no_body, project_of
from annotate.recorder.roles import Role

Rules = dict[tuple[str, str], Rule]


def free(ask: IncomingRequest) -> None:
    """Nothing is demanded: the view looks after itself, or has nothing to hide."""


def plain(ask: IncomingRequest) -> None:
    """No body, in which a view might look for parameters."""
    no_body(ask)


def seen_project(ask: IncomingRequest) -> None:
    """The project in the address is one that they see."""
    no_body(ask)
    project_of(ask, ask.names["pk"])


def requested_project(ask: IncomingRequest) -> None:
    """The project in the query is one that they see."""
    no_body(ask)
    project_of(ask, ask.parameter("project"))


def seen_upload(ask: IncomingRequest) -> None:
    """The file was uploaded to a project that they see: the image to describe."""
    from data_import.models import FileUpload
    from django.conf import settings

    name = f"{settings.UPLOAD_DIR.rstrip('/')}/{ask.names['filename']}"
    upload = FileUpload.objects.filter(file=name).select_related("project").last()
    if upload is None:
        raise hidden()
    project_of(ask, upload.project_id)


def _get(rule: Rule, *routes: str) -> Rules:
    return {("GET", route): rule for route in routes}


FILES = _get(
    free,
    *("^static/(?P<path>.*)$", "^static/fonts/roboto/roboto.css$", "^react-app/(?P<path>.*)$"),
    *("^label-studio-frontend/(?P<path>.*)$", "^dm/(?P<path>.*)$", "^favicon\\.ico$"),
    *("^sw\\.js$", "^sw-fallback\\.js$", "health/"),
)
"""What has nothing to hide."""

PROJECT_LISTS = ("api/projects/", "api/projects/counts/")
"""Our views, narrowed to what each sees, stand before Label Studio's at these addresses."""

OURS = "^annotate/"
"""Our own addresses judge every request themselves."""

NOBODY: Rules = {
    **FILES,
    **_get(free, "^$", "^user/login/", "^user/signup/", "^logout/?$"),
    **_get(fixed_responses.no_tips, "heidi-tips/"),
    ("POST", "^user/login/"): free,
    ("POST", "^user/signup/"): free,
    # These prove who asks by what the body holds.
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
"""For annotators and for reviewers, who differ in the projects that they see."""

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
"""What the commands of `annotate` ask of a server."""

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
    """The rule for a request; None if it is refused."""
    method = "GET" if method == "HEAD" else method
    if role is Role.OPERATOR:
        return free
    if route.startswith(OURS):
        return None if role is Role.STRANGER and method != "GET" else free
    return RULES[role].get((method, route))

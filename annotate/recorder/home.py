"""An annotator's start and end pages, progress, and choice of the interface language."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from annotate.recorder import access, languages
from annotate.recorder.annotator_progress import progress_of, stream_of
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import no_store, send_json
from annotate.recorder.incoming_request import IncomingRequest, no_body
from annotate.recorder.protocol import INTERFACES
from annotate.recorder.roles import Role, role_of
from annotate.recorder.strict_json import loads

DONE = "/annotate/done"
PROJECTS = "/projects/"


def begin(incoming: IncomingRequest) -> HttpResponse:
    """Redirect annotators to the next image, and reviewers to the list of projects."""
    languages.adopt(incoming.request, incoming.user)
    if incoming.role is not Role.ANNOTATOR:
        return HttpResponseRedirect(PROJECTS)
    progress = progress_of(incoming.user)
    return HttpResponseRedirect(DONE if progress.project is None else stream_of(progress.project))


def projects_page(incoming: IncomingRequest) -> HttpResponse | None:
    """The list of projects; annotators are redirected to the next image."""
    no_body(incoming)
    return begin(incoming) if incoming.role is Role.ANNOTATOR else None


def stream_page(incoming: IncomingRequest) -> HttpResponse | None:
    """A project's stream; an annotator without remaining images is redirected to the end page."""
    over = incoming.role is Role.ANNOTATOR and progress_of(incoming.user).left == 0
    return HttpResponseRedirect(DONE) if over else None


def done(request: HttpRequest) -> HttpResponse:
    """The page at the end of the images."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return HttpResponseRedirect("/user/login/")
    return no_store(
        render(request, "annotate/done.html", {"progress": progress_of(_member(request))})
    )


def progress(request: HttpRequest) -> HttpResponse:
    """How many images this user has described, and how many are left for them."""
    progress = progress_of(_member(request))
    return send_json({"done": progress.done, "left": progress.left})


def language(request: HttpRequest) -> HttpResponse:
    """Store the interface language chosen by this user."""
    user = _member(request)
    try:
        body = loads(request.body.decode("utf-8"))
    except ValueError:
        body = None
    language = body.get("language") if isinstance(body, dict) else None
    if not isinstance(language, str) or language not in INTERFACES:
        raise RequestError(400, "bad_language", f"Name one of these: {', '.join(INTERFACES)}.")
    languages.choose(user, language)
    response = send_json({"language": language})
    languages.remember(response, language)
    return response


def _member(request: HttpRequest) -> Any:
    """The user of the browser session, if they are a member of the organisation.

    Raises:
        RequestError: 401 `not_logged_in`; 404 `not_found` for a removed member.
    """
    user = access.session_user(request)
    if role_of(user) is Role.STRANGER:
        raise RequestError(404, "not_found", "There is nothing here.")
    return user

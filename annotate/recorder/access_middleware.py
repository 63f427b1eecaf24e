"""Middleware that enforces the allow-list of requests per role and rejects everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from annotate.recorder.allow_list import OURS, rule_for
from annotate.recorder.errors import RequestError
from annotate.recorder.incoming_request import IncomingRequest
from annotate.recorder.limits import MAX_API_BYTES, length_of, too_large
from annotate.recorder.pages import Page
from annotate.recorder.responses import error_response
from annotate.recorder.roles import LABELLERS, Role, authenticated_user, role_of
from annotate.recorder.scrub import Viewer, scrub

Handler = Callable[[HttpRequest], HttpResponse]
TRUSTED = (Role.PIPELINE, Role.OPERATOR)

FORBIDDEN_PAGE = """<!doctype html><meta charset="utf-8"><title>Not for this account</title>
<body style="font: 16px/1.6 system-ui; margin: 15vh auto; max-width: 32em; padding: 0 1em">
<h1 style="font-size: 1.4em">This page isn't for your account.</h1>
<p>{message}</p><p><a href="/">Go on</a></p>
"""


class BodyMiddleware:
    """Rejects large bodies, except from the pipeline and operators, before they are read."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Reject the request, or pass it on. Paths under /annotate/ have their own limits."""
        declared = request.META.get("CONTENT_LENGTH") or "0"
        try:
            large = length_of(declared) > MAX_API_BYTES
            if large and not request.path_info.startswith("/annotate/") and not _trusted(request):
                raise too_large(MAX_API_BYTES)
        except RequestError as error:
            return error_response(error)
        return self._get_response(request)


class GateMiddleware:
    """Checks each request after Django has resolved its view, and filters the response's data."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the checks are in `process_view`."""
        response = self._get_response(request)
        page = getattr(request, "annotate_page", None)
        if page is not None:
            page.leave(response)
        return response

    def process_view(
        self, request: Any, view: Any, arguments: Any, names: dict[str, Any]
    ) -> HttpResponse | None:
        """Reject the request, return our own response, or None for Label Studio's view."""
        route = request.resolver_match.route
        try:
            user = authenticated_user(request)
            role = role_of(user)
            request.annotate_role, request.annotate_user = role, user
            request.annotate_labeller = role in LABELLERS
            request.annotate_page = Page(request, user, role)
            rule = rule_for(role, request.method, route)
            if rule is None:
                raise _not_allowed(role)
            return rule(IncomingRequest(request=request, user=user, role=role, names=names))
        except RequestError as error:
            return _error_page_or_json(request, error)

    def process_template_response(self, request: Any, response: Any) -> Any:
        """Remove other people's data from an API response to a labeller."""
        if getattr(request, "annotate_labeller", False) and hasattr(response, "data"):
            user, reviewer = request.annotate_user, request.annotate_role is Role.REVIEWER
            response.data = scrub(response.data, Viewer(user.pk, str(user), reviewer))
        return response


def _not_allowed(role: Role) -> RequestError:
    if role is Role.NOBODY:
        return RequestError(401, "not_logged_in", "Log in first.")
    return RequestError(403, "not_allowed", "Your account may not do this.")


def _error_page_or_json(request: HttpRequest, error: RequestError) -> HttpResponse:
    """The response to a rejected request: HTML for a page, JSON otherwise."""
    route = request.resolver_match.route if request.resolver_match else ""
    page = not route.lstrip("^").startswith(("api/", "data/")) and not route.startswith(OURS)
    if not page or request.method not in ("GET", "HEAD"):
        return error_response(error)
    if error.status == 401:
        return HttpResponseRedirect(f"/user/login/?next={quote(request.get_full_path())}")
    page_text = FORBIDDEN_PAGE.format(message=error.message)
    response = HttpResponse(page_text, status=error.status)
    response["Cache-Control"] = "no-store"
    return response


def _trusted(request: HttpRequest) -> bool:
    """Whether a request is the pipeline's or an operator's, before Label Studio authenticates."""
    from rest_framework_simplejwt.authentication import JWTAuthentication
    from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError

    try:
        found = JWTAuthentication().authenticate(request)
    except (AuthenticationFailed, InvalidToken, TokenError):
        found = None
    return role_of(found[0] if found else authenticated_user(request)) in TRUSTED

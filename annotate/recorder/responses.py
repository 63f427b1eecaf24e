"""Error responses as JSON: `{"error": code, "message": sentence}`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.csrf import csrf_failure as page_about_csrf

from annotate.recorder.errors import RequestError

View = Callable[..., HttpResponse]
_log = logging.getLogger(__name__)


def error_response(error: RequestError) -> HttpResponse:
    """The response to a rejected request."""
    body = {"error": error.code, "message": error.message}
    response = JsonResponse(body, status=error.status)
    if error.retry_after_s is not None:
        response["Retry-After"] = str(error.retry_after_s)
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's response to a missing or wrong CSRF token; JSON under /annotate/."""
    if request.path_info.startswith("/annotate/"):
        message = "The page is out of date. Reload it; your recording stays."
        return error_response(RequestError(403, "csrf", message))
    response: HttpResponse = page_about_csrf(request, reason=reason)
    return response


def endpoint(view: View, *methods: str, by_token: bool = False) -> View:
    """A view for these methods, with CSRF checks and JSON error responses.

    Label Studio disables CSRF checks for every view without the attribute set here.

    Args:
        by_token: Write requests require an API token, so the CSRF check is disabled.
    """

    @wraps(view)
    def respond(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if request.method not in methods:
            error = RequestError(405, "method_not_allowed", f"Use {' or '.join(methods)}.")
            return error_response(error)
        try:
            return view(request, **arguments)
        except RequestError as error:
            return error_response(error)
        except OSError:
            # A full disk, an unreachable store: the page keeps the recording and tries again.
            _log.exception("a recording could not be stored or read")
            sentence = "The server's storage doesn't answer. Try again later."
            return error_response(RequestError(500, "storage", sentence))

    respond._dont_enforce_csrf_checks = by_token  # type: ignore[attr-defined]
    return respond

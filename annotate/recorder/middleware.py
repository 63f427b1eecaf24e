"""Middleware that checks size and origin before Label Studio reads a request.

Label Studio's own middleware reads whole bodies into memory, and its API accepts session requests
without a CSRF token from any origin. This middleware prevents both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from annotate.recorder.errors import RequestError
from annotate.recorder.limits import MAX_MEDIA_BYTES, check_length, upload_bytes
from annotate.recorder.responses import error_response

Handler = Callable[[HttpRequest], HttpResponse]
SAFE = ("GET", "HEAD", "OPTIONS")
MEDIA = "/annotate/media/"


class GuardMiddleware:
    """Rejects uploads that are too large, and write requests from other sites' pages."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Reject the request, or pass it on."""
        try:
            if request.method not in SAFE:
                _check_origin(request)
            if request.method not in SAFE and request.path_info.startswith("/annotate/"):
                media = request.path_info.startswith(MEDIA)
                most = MAX_MEDIA_BYTES if media else upload_bytes()
                nothing = "0" if request.method == "DELETE" else None
                check_length(request.META.get("CONTENT_LENGTH") or nothing, most)
        except RequestError as error:
            return error_response(error)
        response = self._get_response(request)
        return _without_body(response) if request.method == "HEAD" else response


def _without_body(response: Any) -> HttpResponse:
    """Remove a response's body, which a client would parse as the start of the next response."""
    if response.streaming:
        response.headers.setdefault("Content-Length", "0")
        response.streaming_content = []
    else:
        response.headers["Content-Length"] = str(len(response.content))
        response.content = b""
    return response


def _check_origin(request: HttpRequest) -> None:
    """Reject a write request whose `Origin` or `Sec-Fetch-Site` header names another site.

    Requests with an API token are exempt, because browsers don't add tokens by themselves.
    """
    if "HTTP_AUTHORIZATION" in request.META or "HTTP_X_API_KEY" in request.META:
        return
    origin = request.META.get("HTTP_ORIGIN")
    foreign = request.META.get("HTTP_SEC_FETCH_SITE") == "cross-site"
    if origin is not None:
        own = urlsplit(origin).netloc == request.get_host()
        foreign = not own and origin not in settings.CSRF_TRUSTED_ORIGINS
    if foreign:
        raise RequestError(403, "foreign_origin", "This request comes from another site's page.")

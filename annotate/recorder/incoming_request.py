"""A labeller's request as passed to the allow-list's rules, and the rules' basic checks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from annotate.recorder.errors import RequestError
from annotate.recorder.roles import Role
from annotate.recorder.strict_json import loads
from annotate.recorder.visible import sees


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """A request with its user and role.

    Attributes:
        names: The named groups of the matched route.
    """

    request: HttpRequest
    user: Any
    role: Role
    names: dict[str, Any]

    def parameter(self, name: str) -> str | None:
        """A parameter of the query; a repeated one is rejected."""
        values = self.request.GET.getlist(name)
        if len(values) > 1:
            raise bad(f"{name} is given twice")
        return values[0] if values else None

    def forbid(self, *names: str) -> None:
        """Reject a query with one of these parameters."""
        for name in names:
            if name in self.request.GET:
                raise bad(f"{name} can't be chosen")


Rule = Callable[[IncomingRequest], HttpResponse | None]
"""Raises a `RequestError`, returns a response, or returns None for Label Studio's own response."""


def bad(detail: str) -> RequestError:
    """The error for a request of another form than the pages send."""
    return RequestError(400, "bad_request", f"This request can't be taken: {detail}.")


def hidden() -> RequestError:
    """The error for an object that doesn't exist or isn't visible; the same for both."""
    return RequestError(404, "not_found", "There is no such thing, or it isn't yours.")


def number(value: str | None) -> int:
    """An id.

    Raises:
        RequestError: 400 `bad_request`.
    """
    if value is None or not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise bad("an id isn't a number")
    return int(value)


def json_body(incoming: IncomingRequest, allowed: Iterable[str]) -> dict[str, Any]:
    """The body, a JSON object with no other keys than these.

    Raises:
        RequestError: 400 `bad_request`; 415 `not_json` if another content type is declared.
    """
    request = incoming.request
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset != "utf-8":
        raise RequestError(415, "not_json", "Send JSON in UTF-8.")
    try:
        body = loads(request.body.decode("utf-8"))
    except ValueError:
        raise bad("it isn't JSON, or names a key twice") from None
    if not isinstance(body, dict):
        raise bad("it isn't an object")
    if more := body.keys() - set(allowed):
        raise bad(f"{min(more)[:40]!r} can't be set")
    return body


def put_body(incoming: IncomingRequest, body: dict[str, Any]) -> None:
    """Replace the request's body, so that Label Studio reads only the validated content."""
    data = json.dumps(body).encode()
    request: Any = incoming.request
    request._body, request._stream, request._read_started = data, io.BytesIO(data), True
    request.META["CONTENT_LENGTH"] = str(len(data))


def no_body(incoming: IncomingRequest) -> None:
    """Reject a body, because Label Studio would read parameters from it and no page sends one.

    Raises:
        RequestError: 400 `bad_request`.
    """
    if incoming.request.body:
        raise bad("it has a body")


def in_project(incoming: IncomingRequest, project: Any) -> Any:
    """The project, if it is visible to the labeller.

    Raises:
        RequestError: 404 `not_found`.
    """
    if project is None or not sees(incoming.user, incoming.role, project):
        raise hidden()
    return project


def project_of(incoming: IncomingRequest, value: str | int | None) -> Any:
    """The project of that id, if it is visible to the labeller.

    Raises:
        RequestError: 400 `bad_request`, 404 `not_found`.
    """
    from projects.models import Project

    return in_project(incoming, Project.objects.filter(pk=number(str(value))).first())

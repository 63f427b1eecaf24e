"""A labeller's request as the rules see it, and the first things that a rule can demand of it."""

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
    """Who asks, for what.

    Attributes:
        names: What Django found in the address.
    """

    request: HttpRequest
    user: Any
    role: Role
    names: dict[str, Any]

    def parameter(self, name: str) -> str | None:
        """A parameter of the query; one that is given twice is refused."""
        values = self.request.GET.getlist(name)
        if len(values) > 1:
            raise bad(f"{name} is given twice")
        return values[0] if values else None

    def forbid(self, *names: str) -> None:
        """Refuse a query with one of these parameters."""
        for name in names:
            if name in self.request.GET:
                raise bad(f"{name} can't be chosen")


Rule = Callable[[IncomingRequest], HttpResponse | None]
"""Raises a `RequestError`, answers by itself, or returns None: then Label Studio answers."""


def bad(detail: str) -> RequestError:
    """The refusal of a request that is not of the form which the pages send."""
    return RequestError(400, "bad_request", f"This request can't be taken: {detail}.")


def hidden() -> RequestError:
    """Says the same of what isn't there and of what isn't theirs."""
    return RequestError(404, "not_found", "There is no such thing, or it isn't yours.")


def number(value: str | None) -> int:
    """An id.

    Raises:
        RequestError: 400 `bad_request`.
    """
    if value is None or not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise bad("an id isn't a number")
    return int(value)


def json_body(ask: IncomingRequest, allowed: Iterable[str]) -> dict[str, Any]:
    """The body, a JSON object with no other keys than these.

    Raises:
        RequestError: 400 `bad_request`; 415 `not_json` if it says that it is something else.
    """
    request = ask.request
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


def put_body(ask: IncomingRequest, body: dict[str, Any]) -> None:
    """Let Label Studio read just what was looked at here, whatever the sender wrote."""
    data = json.dumps(body).encode()
    request: Any = ask.request
    request._body, request._stream, request._read_started = data, io.BytesIO(data), True
    request.META["CONTENT_LENGTH"] = str(len(data))


def no_body(ask: IncomingRequest) -> None:
    """Refuse a body where Label Studio would look for parameters in it, and no page sends one.

    Raises:
        RequestError: 400 `bad_request`.
    """
    if ask.request.body:
        raise bad("it has a body")


def in_project(ask: IncomingRequest, project: Any) -> Any:
    """The project, if the labeller sees it.

    Raises:
        RequestError: 404 `not_found`.
    """
    if project is None or not sees(ask.user, ask.role, project):
        raise hidden()
    return project


def project_of(ask: IncomingRequest, value: str | int | None) -> Any:
    """The project of that id, if the labeller sees it.

    Raises:
        RequestError: 400 `bad_request`, 404 `not_found`.
    """
    from projects.models import Project

    return in_project(ask, Project.objects.filter(pk=number(str(value))).first())

"""A fake of Label Studio, in memory: the endpoints that the setup uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx

from annotate.label_studio.connection import Connection

URL = "http://studio.test"
ACCESS = "access"


class FakeServer:
    """Responds to requests as Label Studio 1.23.2 does.

    Attributes:
        refuse_config: Reject a changed labelling configuration, as if annotations existed.
        bar_webhooks: Reject every webhook's URL.
        writes: Method and path of each request except GET.
    """

    def __init__(self) -> None:
        self.password = ""
        self.tokens: set[str] = set()
        self.projects: list[dict[str, Any]] = []
        self.webhooks: list[dict[str, Any]] = []
        self.refuse_config = self.bar_webhooks = False
        self.writes: list[tuple[str, str]] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path.strip("/")
        if path == "user/login":
            return self._login(request)
        if path == "api/token" and "sessionid=in" in request.headers.get("cookie", ""):
            return self._new_token()
        if path == "api/token/refresh":
            valid = json.loads(request.content)["refresh"] in self.tokens
            return httpx.Response(200, json={"access": ACCESS}) if valid else httpx.Response(401)
        if request.headers.get("authorization") != f"Bearer {ACCESS}":
            return httpx.Response(401)
        return self._api(request, path)

    def connection(self) -> Connection:
        """A connection to it as the administrator."""
        self.tokens.add("a.b.c")
        return Connection(URL, "a.b.c", httpx.MockTransport(self), 0.0)

    def _login(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, headers={"set-cookie": "csrftoken=form; Path=/; Secure"})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if (form["csrfmiddlewaretoken"], form["password"]) != ("form", self.password):
            return httpx.Response(200, text="wrong")
        headers = {"location": "/", "set-cookie": "sessionid=in; Path=/; Secure"}
        return httpx.Response(302, headers=headers)

    def _new_token(self) -> httpx.Response:
        if self.tokens:
            return httpx.Response(409)
        self.tokens.add("new.token.made")
        return httpx.Response(201, json={"token": "new.token.made"})

    def _api(self, request: httpx.Request, path: str) -> httpx.Response:
        query = request.url.params
        if request.method != "GET":
            self.writes.append((request.method, path))
        if path == "api/invite":
            return httpx.Response(200, json={"invite_url": "/user/signup/?token=t"})
        kind = self.projects if path.startswith("api/projects") else self.webhooks
        if request.method == "GET" and path == "api/projects":
            found = [one for one in self.projects if query["title"] in one["title"]]
            return httpx.Response(200, json={"count": len(found), "results": found})
        if request.method == "GET" and path == "api/webhooks":
            return httpx.Response(200, json=self.webhooks)
        if request.method == "GET":
            return httpx.Response(200, json=kind[int(path.split("/")[2]) - 1])
        content = json.loads(request.content)
        rejected = self.refuse_config and request.method == "PATCH" and "label_config" in content
        if rejected or (self.bar_webhooks and kind is self.webhooks):
            return httpx.Response(400, json={"detail": "Validation error"})
        if request.method == "POST":
            kind.append({"id": len(kind) + 1, **content})
            return httpx.Response(201, json=kind[-1])
        kind[int(path.split("/")[2]) - 1] |= content
        return httpx.Response(200, json=content)


def mode(path: Path) -> int:
    """A file's permission bits."""
    return path.stat().st_mode & 0o777

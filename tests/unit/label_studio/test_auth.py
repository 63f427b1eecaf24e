"""Authorization of requests by legacy and personal tokens. The server is a stub in this process."""

import json

import httpx
import pytest

from annotate.model.errors import AnnotateError
from tests.unit.label_studio.stub_server import LEGACY, PERSONAL, StubServer, responding


def test_a_legacy_token_signs_every_request() -> None:
    stub = responding(200, json={"email": "op@example.org"})
    assert stub.studio().account() == "op@example.org"
    assert stub.requests[0].headers["Authorization"] == f"Token {LEGACY}"


def test_a_personal_token_is_exchanged_once_and_sent_only_to_the_refresh_endpoint() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": "short"})
        return httpx.Response(200, json={"email": "op@example.org"})

    stub = StubServer(respond)
    studio = stub.studio(PERSONAL)
    studio.account()
    studio.account()
    paths = [request.url.path for request in stub.requests]
    assert paths.count("/api/token/refresh/") == 1
    for request in stub.requests:
        if request.url.path == "/api/token/refresh/":
            assert json.loads(request.content) == {"refresh": PERSONAL}
            assert "Authorization" not in request.headers
        else:
            assert request.headers["Authorization"] == "Bearer short"


def test_an_expired_access_token_is_refreshed() -> None:
    tokens = iter(["first", "second"])

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": next(tokens)})
        fresh = request.headers["Authorization"] == "Bearer second"
        return httpx.Response(200 if fresh else 401, json={"email": "op@example.org"})

    assert StubServer(respond).studio(PERSONAL).account() == "op@example.org"


def test_a_rejected_personal_token_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="rejects the token"):
        responding(401, json={}).studio(PERSONAL).account()

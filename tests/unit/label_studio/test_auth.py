"""How a request proves who asks. The server is a stub in this process."""

import json

import httpx
import pytest

from annotate.model.errors import AnnotateError
from tests.unit.label_studio.answers import LEGACY, PERSONAL, Stub, always


def test_a_legacy_token_signs_every_request() -> None:
    stub = always(200, json={"email": "op@example.org"})
    assert stub.studio().account() == "op@example.org"
    assert stub.asked[0].headers["Authorization"] == f"Token {LEGACY}"


def test_a_personal_token_is_exchanged_once_and_goes_nowhere_but_to_the_exchange() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": "short"})
        return httpx.Response(200, json={"email": "op@example.org"})

    stub = Stub(answer)
    studio = stub.studio(PERSONAL)
    studio.account()
    studio.account()
    paths = [request.url.path for request in stub.asked]
    assert paths.count("/api/token/refresh/") == 1
    for request in stub.asked:
        if request.url.path == "/api/token/refresh/":
            assert json.loads(request.content) == {"refresh": PERSONAL}
            assert "Authorization" not in request.headers
        else:
            assert request.headers["Authorization"] == "Bearer short"


def test_an_access_token_that_has_run_out_is_made_anew() -> None:
    made = iter(["first", "second"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": next(made)})
        fresh = request.headers["Authorization"] == "Bearer second"
        return httpx.Response(200 if fresh else 401, json={"email": "op@example.org"})

    assert Stub(answer).studio(PERSONAL).account() == "op@example.org"


def test_a_personal_token_that_is_refused_is_told_as_such() -> None:
    with pytest.raises(AnnotateError, match="rejects the token"):
        always(401, json={}).studio(PERSONAL).account()

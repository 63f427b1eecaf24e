"""Attacks on the pages before and after recording: login, sign-up, language, progress."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.scene import Scene
from tests.e2e.studio.server import ANN, BEA, PASSWORD, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LANGUAGE, PROGRESS, DONE = "/annotate/language", "/annotate/progress", "/annotate/done"
INVALID_LANGUAGES = (
    *({}, {"language": "xx"}, {"language": None}, {"language": ["ar"]}, {"language": "ar\r\n"}),
    *([], "ar", {"language": {"$ne": 1}}, {"language": "../../x"}, {"language": "a" * 100_000}),
)
HOSTILE_QUERIES = (
    "?lang=xx",
    "?lang=ar%0d%0aSet-Cookie:%20x=1",
    "?lang=%3Cscript%3Ealert(1)%3C/script%3E",
    "?next=//evil.example/&lang=ar",
    "?next=https://evil.example/&lang=ar",
    "?next=javascript:alert(1)&lang=ar",
    "?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&lang=ar",
    "?lang=ar&lang=en",
    "?" + "&".join(f"a{number}=1" for number in range(1500)),
)


def without_csrf_token(client: httpx.Client) -> httpx.Client:
    """The same client, with its CSRF token removed."""
    del client.headers["X-CSRFToken"]
    return client


def test_invalid_language_requests_are_rejected(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    """Other languages, malformed bodies and other methods are rejected."""
    attacks = Attacks(f"languages, {by}", studio, scene.secrets)
    before = snapshot(studio)
    for body in INVALID_LANGUAGES:
        attacks.send(ann, "POST", LANGUAGE, json=body)
    attacks.send(ann, "POST", LANGUAGE, content=b'{"language": "en", "language": "ar"}')
    attacks.send(ann, "POST", LANGUAGE, content=b"\xff")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        attacks.send(ann, method, LANGUAGE)
    for method in ("POST", "PUT", "DELETE"):
        for address in (PROGRESS, DONE):
            attacks.send(ann, method, address)
    attacks.assert_none_let_in(before)


def test_anonymous_token_and_cross_origin_requests_are_rejected(
    studio: Studio, scene: Scene
) -> None:
    attacks = Attacks("languages, others", studio, scene.secrets)
    before = snapshot(studio)
    arabic = {"language": "ar"}
    with httpx.Client(base_url=studio.url, timeout=60) as anonymous:
        for method, address in (("POST", LANGUAGE), ("GET", PROGRESS), ("GET", DONE)):
            attacks.send(anonymous, method, address)
        attacks.send(anonymous, "POST", LANGUAGE, json=arabic)
    with closing(studio.bearer(ANN)) as token:
        attacks.send(token, "POST", LANGUAGE, json=arabic)
        attacks.send(token, "GET", PROGRESS)
    with closing(studio.session(ANN)) as ann:
        foreign = {"Origin": "https://evil.example"}
        attacks.send(ann, "POST", LANGUAGE, json=arabic, headers=foreign)
        attacks.send(without_csrf_token(ann), "POST", LANGUAGE, json=arabic)
    attacks.assert_none_let_in(before)


def test_counts_are_of_ones_own_work(studio: Studio, scene: Scene) -> None:
    """Another annotator's annotation doesn't change the number of tasks done."""
    with closing(studio.session(ANN)) as ann, closing(studio.session(BEA)) as bea:
        before = ann.get(PROGRESS).json()
        assert before.keys() == {"done", "left"}
        response = bea.post(f"/api/tasks/{scene.tasks[2]}/annotations/", json={"result": []})
        annotation = response.json()["id"]
        after = ann.get(PROGRESS).json()
        bea.delete(f"/api/annotations/{annotation}/").raise_for_status()
    assert after["done"] == before["done"]
    # One less if Bea's annotation has completed its task.
    assert after["left"] in (before["left"], before["left"] - 1)


def test_query_strings_inject_nothing(studio: Studio, scene: Scene) -> None:
    """A query string can't inject scripts or cookies, or redirect to another site."""
    with httpx.Client(base_url=studio.url, timeout=60) as anonymous:
        for page in ("/user/login/", "/user/signup/"):
            for query in HOSTILE_QUERIES:
                response = anonymous.get(page + query)
                assert response.status_code in (200, 400), (page, query)
                assert "<script>alert" not in response.text
                assert (
                    "evil.example" not in response.text.partition('action="')[2].partition('"')[0]
                )
                cookie = response.headers.get("set-cookie", "")
                assert "x=1" not in cookie
                assert not any(secret in response.text for secret in scene.secrets)


def test_no_account_is_made_without_the_link(studio: Studio, scene: Scene) -> None:
    attacks = Attacks("sign-up", studio, scene.secrets)
    before = snapshot(studio)
    with httpx.Client(base_url=studio.url, timeout=60) as anonymous:
        anonymous.get("/user/login/")  # without a token the sign-up page has no form
        form = {
            "csrfmiddlewaretoken": anonymous.cookies["csrftoken"],
            "email": "uninvited@example.com",
            "password": PASSWORD,
        }
        for query in ("", "?token=", "?token=0", "?token=None", "?lang=ar&token=x"):
            attacks.send(anonymous, "POST", f"/user/signup/{query}", data=form)
    attacks.assert_none_let_in(before)

"""The pages before and after recording, asked by people who mean harm or aren't invited."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from tests.e2e.studio.attacks import Attacks, snapshot
from tests.e2e.studio.scene import Scene
from tests.e2e.studio.server import ANN, BEA, PASSWORD, Studio

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LANGUAGE, PROGRESS, DONE = "/annotate/language", "/annotate/progress", "/annotate/done"
NOT_LANGUAGES = (
    *({}, {"language": "xx"}, {"language": None}, {"language": ["ar"]}, {"language": "ar\r\n"}),
    *([], "ar", {"language": {"$ne": 1}}, {"language": "../../x"}, {"language": "a" * 100_000}),
)
ODD_QUERIES = (
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


def cleared(client: httpx.Client) -> httpx.Client:
    """The same client without its CSRF token."""
    del client.headers["X-CSRFToken"]
    return client


def test_a_choice_of_language_is_one_of_two_and_ones_own(
    studio: Studio, scene: Scene, ann: httpx.Client, by: str
) -> None:
    attacks = Attacks(f"languages, {by}", studio, scene.secrets)
    before = snapshot(studio)
    for body in NOT_LANGUAGES:
        attacks.send(ann, "POST", LANGUAGE, json=body)
    attacks.send(ann, "POST", LANGUAGE, content=b'{"language": "en", "language": "ar"}')
    attacks.send(ann, "POST", LANGUAGE, content=b"\xff")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        attacks.send(ann, method, LANGUAGE)
    for method in ("POST", "PUT", "DELETE"):
        for address in (PROGRESS, DONE):
            attacks.send(ann, method, address)
    attacks.assert_none_let_in(before)


def test_neither_a_token_nor_a_foreign_page_gets_in(studio: Studio, scene: Scene) -> None:
    attacks = Attacks("languages, others", studio, scene.secrets)
    before = snapshot(studio)
    arabic = {"language": "ar"}
    with httpx.Client(base_url=studio.url, timeout=60) as nobody:
        for method, address in (("POST", LANGUAGE), ("GET", PROGRESS), ("GET", DONE)):
            attacks.send(nobody, method, address)
        attacks.send(nobody, "POST", LANGUAGE, json=arabic)
    with closing(studio.bearer(ANN)) as token:
        attacks.send(token, "POST", LANGUAGE, json=arabic)
        attacks.send(token, "GET", PROGRESS)
    with closing(studio.session(ANN)) as ann:
        foreign = {"Origin": "https://evil.example"}
        attacks.send(ann, "POST", LANGUAGE, json=arabic, headers=foreign)
        attacks.send(cleared(ann), "POST", LANGUAGE, json=arabic)
    attacks.assert_none_let_in(before)


def test_counts_are_of_ones_own_work(studio: Studio, scene: Scene) -> None:
    with closing(studio.session(ANN)) as ann, closing(studio.session(BEA)) as bea:
        before = ann.get(PROGRESS).json()
        assert before.keys() == {"done", "left"}
        made = bea.post(f"/api/tasks/{scene.tasks[2]}/annotations/", json={"result": []})
        key = made.json()["id"]
        after = ann.get(PROGRESS).json()
        bea.delete(f"/api/annotations/{key}/").raise_for_status()
    assert after["done"] == before["done"]
    assert after["left"] in (before["left"], before["left"] - 1)  # Bea's fills its image


def test_the_pages_before_the_login_take_no_orders_from_their_address(
    studio: Studio, scene: Scene
) -> None:
    with httpx.Client(base_url=studio.url, timeout=60) as nobody:
        for page in ("/user/login/", "/user/signup/"):
            for query in ODD_QUERIES:
                answer = nobody.get(page + query)
                assert answer.status_code in (200, 400), (page, query)
                assert "<script>alert" not in answer.text
                assert "evil.example" not in answer.text.partition('action="')[2].partition('"')[0]
                cookie = answer.headers.get("set-cookie", "")
                assert "x=1" not in cookie
                assert not any(secret in answer.text for secret in scene.secrets)


def test_no_account_is_made_without_the_link(studio: Studio, scene: Scene) -> None:
    attacks = Attacks("sign-up", studio, scene.secrets)
    before = snapshot(studio)
    with httpx.Client(base_url=studio.url, timeout=60) as nobody:
        nobody.get("/user/login/")  # without a token the page for signing up has no form
        form = {
            "csrfmiddlewaretoken": nobody.cookies["csrftoken"],
            "email": "uninvited@example.com",
            "password": PASSWORD,
        }
        for query in ("", "?token=", "?token=0", "?token=None", "?lang=ar&token=x"):
            attacks.send(nobody, "POST", f"/user/signup/{query}", data=form)
    attacks.assert_none_let_in(before)

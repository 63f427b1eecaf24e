"""The one-time sign-in URL works for one browser, once; other requests are denied."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from annotate.model.errors import AnnotateError
from annotate.tryout.page import LivePage
from annotate.tryout.web import COOKIE, SIGN_IN_SECONDS, Ticket, Web

FIRST = "http://localhost:8380/projects/1/data?labeling=1"
KEY = "the key of the tests"
STUDIO = {"sessionid": "a session", "csrftoken": "a token"}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def web(ticket: Ticket, sign_in: Callable[[], dict[str, str]] = lambda: dict(STUDIO)) -> Starlette:
    page = LivePage("base", FIRST)
    routes = Web(page=page, ticket=ticket, key=KEY, first=FIRST, sign_in=sign_in).routes()
    return Starlette(routes=routes)


def get(
    app: Starlette, *paths: str, client: str = "127.0.0.1", **more: Any
) -> list[httpx.Response]:
    """Request these paths in turn, each without cookies of the previous responses."""

    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, client=(client, 1))
        found = []
        for path in paths:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
                found.append(
                    await http.request(more.get("method", "GET"), path, headers=more.get("headers"))
                )
        return found

    return asyncio.run(send())


def statuses(app: Starlette, *paths: str, **more: Any) -> list[int]:
    return [one.status_code for one in get(app, *paths, **more)]


SIGNED_IN = {"Cookie": f"{COOKIE}={KEY}"}


def test_the_sign_in_url_works_once() -> None:
    ticket = Ticket()
    app, path = web(ticket), f"/sign-in/{ticket.issue()}"
    first, second = get(app, path, path)
    assert (first.status_code, first.headers["location"]) == (303, FIRST)
    cookies = first.headers.get_list("set-cookie")
    assert [one.partition(";")[0] for one in cookies] == [
        'sessionid="a session"',
        'csrftoken="a token"',
        f'{COOKIE}="{KEY}"',
    ]
    assert ["HttpOnly" in one for one in cookies] == [True, False, True]
    assert all("SameSite=Lax" in one and "Path=/" in one for one in cookies)
    assert second.status_code == 403
    assert "set-cookie" not in second.headers


def test_the_sign_in_url_expires() -> None:
    clock = Clock()
    ticket = Ticket(clock)
    in_time = ticket.issue()
    clock.now += SIGN_IN_SECONDS - 1
    assert ticket.redeem(in_time)
    too_late = ticket.issue()
    clock.now += SIGN_IN_SECONDS
    assert not ticket.redeem(too_late)
    assert not ticket.redeem(too_late)


def test_only_the_newest_sign_in_url_is_valid() -> None:
    ticket = Ticket()
    old, new = ticket.issue(), ticket.issue()
    assert not ticket.redeem(old)
    assert ticket.redeem(new)


@pytest.mark.parametrize("given", ["", "x", "é", "%00", "a" * 10_000])
def test_wrong_guesses_do_not_invalidate_the_url(given: str) -> None:
    ticket = Ticket()
    valid = ticket.issue()
    assert statuses(web(ticket), f"/sign-in/{given}x") == [403]
    assert ticket.redeem(valid)


def test_an_empty_ticket_is_invalid() -> None:
    assert not Ticket().redeem("")


def test_a_head_request_does_not_invalidate_the_url() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    app = web(ticket)
    assert statuses(app, path, method="HEAD") == [403]
    assert statuses(app, path) == [303]


def test_the_sign_in_url_works_only_from_this_machine() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    app = web(ticket)
    assert statuses(app, path, client="192.0.2.7") == [403]
    assert statuses(app, path) == [303]


def test_a_signed_in_browser_is_redirected() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    assert statuses(web(ticket), path, path, headers=SIGNED_IN) == [303, 303]


@pytest.mark.parametrize("cookie", [None, "", "x", KEY + "x", KEY[:-1], "\xff"])
def test_pages_require_the_cookie(cookie: str | None) -> None:
    headers = {} if cookie is None else {b"Cookie": f"{COOKIE}={cookie}".encode("latin-1")}
    assert statuses(web(Ticket()), "/", "/state", headers=headers) == [403, 403]
    assert statuses(web(Ticket()), "/", "/state", headers=SIGNED_IN) == [200, 200]


def test_responses_disable_caches_and_referrers() -> None:
    ticket = Ticket()
    app = web(ticket)
    for one in get(app, "/", "/state", f"/sign-in/{ticket.issue()}", "/sign-in/x"):
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["referrer-policy"] == "no-referrer"


def test_an_unreachable_label_studio_is_explained() -> None:
    def fail() -> dict[str, str]:
        raise AnnotateError("it <can't> be reached")

    ticket = Ticket()
    (response,) = get(web(ticket, fail), f"/sign-in/{ticket.issue()}")
    assert response.status_code == 502
    assert "it &lt;can&#x27;t&gt; be reached" in response.text

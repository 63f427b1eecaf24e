"""The one-time address lets one browser in, once; nobody else sees a page."""

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
    made = Web(page=page, ticket=ticket, key=KEY, first=FIRST, sign_in=sign_in)
    return Starlette(routes=made.routes())


def ask(
    app: Starlette, *paths: str, client: str = "127.0.0.1", **more: Any
) -> list[httpx.Response]:
    """Ask for these in turn, without keeping cookies."""

    async def send() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, client=(client, 1))
        found = []
        for path in paths:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as at:
                found.append(
                    await at.request(more.get("method", "GET"), path, headers=more.get("headers"))
                )
        return found

    return asyncio.run(send())


def statuses(app: Starlette, *paths: str, **more: Any) -> list[int]:
    return [one.status_code for one in ask(app, *paths, **more)]


SIGNED_IN = {"Cookie": f"{COOKIE}={KEY}"}


def test_it_works_once() -> None:
    ticket = Ticket()
    app, path = web(ticket), f"/sign-in/{ticket.issue()}"
    first, second = ask(app, path, path)
    assert (first.status_code, first.headers["location"]) == (303, FIRST)
    kept = first.headers.get_list("set-cookie")
    assert [one.partition(";")[0] for one in kept] == [
        'sessionid="a session"',
        'csrftoken="a token"',
        f'{COOKIE}="{KEY}"',
    ]
    assert ["HttpOnly" in one for one in kept] == [True, False, True]
    assert all("SameSite=Lax" in one and "Path=/" in one for one in kept)
    assert second.status_code == 403
    assert "set-cookie" not in second.headers


def test_it_is_good_for_a_while_and_no_longer() -> None:
    clock = Clock()
    ticket = Ticket(clock)
    in_time, late = ticket.issue(), SIGN_IN_SECONDS
    clock.now += late - 1
    assert ticket.redeem(in_time)
    too_late = ticket.issue()
    clock.now += late
    assert not ticket.redeem(too_late)
    assert not ticket.redeem(too_late)


def test_only_the_newest_one_counts() -> None:
    ticket = Ticket()
    old, new = ticket.issue(), ticket.issue()
    assert not ticket.redeem(old)
    assert ticket.redeem(new)


@pytest.mark.parametrize("given", ["", "x", "é", "%00", "a" * 10_000])
def test_guessing_uses_nothing_up(given: str) -> None:
    ticket = Ticket()
    right = ticket.issue()
    assert statuses(web(ticket), f"/sign-in/{given}x") == [403]
    assert ticket.redeem(right)


def test_before_one_is_issued_none_is_good() -> None:
    assert not Ticket().redeem("")


def test_looking_at_it_without_going_there_uses_nothing_up() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    app = web(ticket)
    assert statuses(app, path, method="HEAD") == [403]
    assert statuses(app, path) == [303]


def test_it_works_from_this_machine_only() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    app = web(ticket)
    assert statuses(app, path, client="192.0.2.7") == [403]
    assert statuses(app, path) == [303]


def test_who_is_signed_in_already_is_led_on() -> None:
    ticket = Ticket()
    path = f"/sign-in/{ticket.issue()}"
    assert statuses(web(ticket), path, path, headers=SIGNED_IN) == [303, 303]


@pytest.mark.parametrize("cookie", [None, "", "x", KEY + "x", KEY[:-1], "\xff"])
def test_pages_are_for_who_came_through_it(cookie: str | None) -> None:
    headers = {} if cookie is None else {b"Cookie": f"{COOKIE}={cookie}".encode("latin-1")}
    assert statuses(web(Ticket()), "/", "/state", headers=headers) == [403, 403]
    assert statuses(web(Ticket()), "/", "/state", headers=SIGNED_IN) == [200, 200]


def test_nothing_is_kept_by_caches_or_told_to_others() -> None:
    ticket = Ticket()
    app = web(ticket)
    for one in ask(app, "/", "/state", f"/sign-in/{ticket.issue()}", "/sign-in/x"):
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["referrer-policy"] == "no-referrer"


def test_a_label_studio_that_is_away_is_explained() -> None:
    def fail() -> dict[str, str]:
        raise AnnotateError("it <can't> be reached")

    ticket = Ticket()
    (answer,) = ask(web(ticket, fail), f"/sign-in/{ticket.issue()}")
    assert answer.status_code == 502
    assert "it &lt;can&#x27;t&gt; be reached" in answer.text

"""HTTP routes for a browser on this machine: the one-time sign-in, the page and its status."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http.cookies import SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from annotate.model.errors import AnnotateError
from annotate.tryout.page import LivePage

COOKIE = "annotate_try"
COOKIE_SECONDS = 30 * 24 * 3600
SIGN_IN_SECONDS = 600.0
"""How long the one-time URL is valid."""
HERE = ("127.0.0.1", "::1")

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}

MESSAGE = """<!doctype html><meta charset="utf-8"><title>annotate try</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<body style="font: 16px/1.6 system-ui; margin: 15vh auto; max-width: 32em; padding: 0 1em">
<h1 style="font-size: 1.4em">{title}</h1><p>{text}</p>
"""
AGAIN = (
    "Press Ctrl+C where annotate try runs and start it again: it prints a new address, and nothing "
    "is lost."
)


class Ticket:
    """A one-time URL's secret: valid for one visit, within `SIGN_IN_SECONDS`.

    Args:
        now: The clock, in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now = now
        self._lock = threading.Lock()
        self._secret: bytes | None = None
        self._until = 0.0

    def issue(self) -> str:
        """A new secret; it replaces one issued before."""
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._secret, self._until = secret.encode(), self._now() + SIGN_IN_SECONDS
        return secret

    def redeem(self, given: str) -> bool:
        """Whether this is the secret and hasn't expired; it is invalid afterwards."""
        with self._lock:
            equal = self._secret is not None and hmac.compare_digest(self._secret, given.encode())
            valid = equal and self._now() < self._until
            if equal:
                self._secret = None
            return valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Handlers of the routes.

    Attributes:
        key: The cookie's value, set in browsers that used the one-time URL.
        first: URL at which the next image is described.
        sign_in: Creates a session at Label Studio and returns its cookies.
    """

    page: LivePage
    ticket: Ticket
    key: str
    first: str
    sign_in: Callable[[], dict[str, str]]

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/state", self.state, methods=["GET"]),
            Route("/sign-in/{secret}", self.enter, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page."""
        if not self._known(request):
            return _message(403, "This page is for the browser that annotate try opened.", AGAIN)
        return HTMLResponse(self.page.made.html, headers=HEADERS)

    async def state(self, request: Request) -> Response:
        """The status, as JSON."""
        if not self._known(request):
            return JSONResponse({"error": "not signed in"}, 403, headers=HEADERS)
        return JSONResponse(self.page.state(), headers=HEADERS)

    async def enter(self, request: Request) -> Response:
        """Sign the browser in once, and redirect it to the first image."""
        client = request.client.host if request.client else ""
        if request.method != "GET" or client not in HERE:
            return _message(403, "This address works on its own machine only.", "")
        if not self.ticket.redeem(request.path_params["secret"]):
            if self._known(request):
                return RedirectResponse(self.first, 303, headers=HEADERS)
            return _message(403, "This address was used already, or is too old.", AGAIN)
        try:
            cookies = await run_in_threadpool(self.sign_in)
        except AnnotateError as error:
            return _message(502, "Signing in to Label Studio failed.", str(error))
        response = RedirectResponse(self.first, 303, headers=HEADERS)
        for name, value in {**cookies, COOKIE: self.key}.items():
            # Cookies aren't separated by port: those set here for localhost are also sent to
            # Label Studio.
            response.headers.append("Set-Cookie", _cookie(name, value, hidden=name != "csrftoken"))
        return response

    def _known(self, request: Request) -> bool:
        given = request.cookies.get(COOKIE, "")
        return hmac.compare_digest(given.encode(), self.key.encode())


def _cookie(name: str, value: str, *, hidden: bool) -> str:
    made: SimpleCookie = SimpleCookie()
    made[name] = value
    made[name].update({"path": "/", "samesite": "Lax", "max-age": str(COOKIE_SECONDS)})
    if hidden:
        made[name]["httponly"] = True
    return made.output(header="").strip()


def _message(status: int, title: str, text: str) -> Response:
    page = MESSAGE.format(title=escape(title), text=escape(text))
    return HTMLResponse(page, status, headers=HEADERS)

"""How a request proves who sends it: a legacy token, or a personal one that must be renewed."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import httpx

RENEW_AFTER_SECONDS = 200.0
"""An access token made from a personal access token lives 300 s on a default server."""


class TokenAuth(httpx.Auth):
    """Signs requests; may be used from several threads.

    Bodies of answers are left alone: a file is read by whoever bounds it.

    Args:
        base: The server's address, ending in a slash.
        token: A legacy token (40 hex digits) or a personal access token (three parts with dots).
    """

    def __init__(self, base: httpx.URL, token: str):
        self._renewal = base.join("api/token/refresh/")
        self._token = token
        self._personal = token.count(".") == 2
        self._access: str | None = None
        self._made_at = 0.0
        self._lock = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request; on a refusal make one fresh access token and ask again."""
        if not self._personal:
            request.headers["Authorization"] = f"Token {self._token}"
            yield request
            return
        used = yield from self._fresh(stale=None)
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            used = yield from self._fresh(stale=used)
            request.headers["Authorization"] = f"Bearer {used}"
            yield request

    def _fresh(self, stale: str | None) -> Generator[httpx.Request, httpx.Response, str]:
        """A usable access token, other than `stale`; one thread renews, the rest wait for it."""
        with self._lock:
            old = time.monotonic() - self._made_at > RENEW_AFTER_SECONDS
            if self._access is None or self._access == stale or old:
                reply = yield httpx.Request("POST", self._renewal, json={"refresh": self._token})
                reply.read()
                reply.raise_for_status()
                self._access = str(reply.json()["access"])
                self._made_at = time.monotonic()
            return self._access

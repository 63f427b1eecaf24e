"""HTTP authentication: a legacy token, or a personal access token with renewed access tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import httpx

RENEW_AFTER_SECONDS = 200.0
"""Age in seconds after which an access token is renewed. On a default server it expires after
300 s."""


class TokenAuth(httpx.Auth):
    """Adds the `Authorization` header to requests; may be used from several threads.

    Bodies of responses aren't read here: the caller reads a file with its own size limit.

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
        """Sign the request; after HTTP 401 renew the access token once and send it again."""
        if not self._personal:
            request.headers["Authorization"] = f"Token {self._token}"
            yield request
            return
        used = yield from self._access_token(stale=None)
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            used = yield from self._access_token(stale=used)
            request.headers["Authorization"] = f"Bearer {used}"
            yield request

    def _access_token(self, stale: str | None) -> Generator[httpx.Request, httpx.Response, str]:
        """A valid access token other than `stale`; one thread renews it, the others wait."""
        with self._lock:
            old = time.monotonic() - self._made_at > RENEW_AFTER_SECONDS
            if self._access is None or self._access == stale or old:
                response = yield httpx.Request("POST", self._renewal, json={"refresh": self._token})
                response.read()
                response.raise_for_status()
                self._access = str(response.json()["access"])
                self._made_at = time.monotonic()
            return self._access

"""A stub server in this process whose responses a test defines."""

from collections.abc import Callable

import httpx

from annotate.label_studio.client import Studio

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "head.body.signature"
URL = "https://studio.example.org"

Respond = Callable[[httpx.Request], httpx.Response]


class StubServer:
    """Responds with a function and records the requests."""

    def __init__(self, respond: Respond):
        self.requests: list[httpx.Request] = []
        self._respond = respond

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._respond(request)

    def studio(self, token: str = LEGACY, url: str = URL) -> Studio:
        return Studio(url, token, transport=httpx.MockTransport(self), patience=0)


def responding(status: int, **content: object) -> StubServer:
    return StubServer(lambda request: httpx.Response(status, **content))  # type: ignore[arg-type]


def responding_in_turn(*responses: httpx.Response) -> StubServer:
    remaining = list(responses)
    return StubServer(lambda request: remaining.pop(0))

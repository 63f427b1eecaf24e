"""A stub of a server in this process that answers whatever it is told to."""

from collections.abc import Callable

import httpx

from annotate.label_studio.client import Studio

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "head.body.signature"
URL = "https://studio.example.org"

Answer = Callable[[httpx.Request], httpx.Response]


class Stub:
    """A stub of a server: answers with a function and remembers what it was asked."""

    def __init__(self, answer: Answer):
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    def studio(self, token: str = LEGACY, url: str = URL) -> Studio:
        return Studio(url, token, transport=httpx.MockTransport(self), patience=0)


def always(status: int, **content: object) -> Stub:
    return Stub(lambda request: httpx.Response(status, **content))  # type: ignore[arg-type]


def in_turn(*answers: httpx.Response) -> Stub:
    waiting = list(answers)
    return Stub(lambda request: waiting.pop(0))

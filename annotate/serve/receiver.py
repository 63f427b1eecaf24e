"""HTTP application of the webhook receiver: authentication, size limits, repeated webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from annotate.serve.background_worker import Worker

MAX_BYTES = 4 * 2**20
"""Maximum size of a webhook's body; Label Studio sends the annotation with its task and project."""

HEADER_BYTES = 16_384
"""Maximum size of a request's headers."""

REMEMBERED = 10_000
"""Number of recent webhooks that are recognized as repeated."""


class Repeats:
    """Names of the most recent webhooks, so that repeated ones are ignored; bounded in size."""

    def __init__(self, most: int = REMEMBERED):
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()

    def is_new(self, body: bytes, payload: dict[str, Any]) -> bool:
        """Whether this annotation state, or else this body, is received for the first time."""
        name = _name(payload) or hashlib.sha256(body).hexdigest()
        new = name not in self._seen
        self._seen[name] = None
        self._seen.move_to_end(name)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return new


class Receiver:
    """Handlers of the receiver's requests.

    A webhook's content is used only to recognize repeated ones. The work reads from Label Studio
    itself, so a forged webhook can only cause an additional run.
    """

    def __init__(self, secret: str, header: str, worker: Worker, max_bytes: int):
        self._secret = secret.encode()
        self._header = header
        self._worker = worker
        self._max_bytes = max_bytes
        self._repeats = Repeats()

    async def webhook(self, request: Request) -> Response:
        """Check the secret and request a run, unless the webhook is a repeated one."""
        given = request.headers.get(self._header, "")
        # Compared in constant time, and before a byte of the body is read.
        if not hmac.compare_digest(given.encode(), self._secret):
            return _reject(401, "the secret header is missing or wrong")
        if sum(len(name) + len(value) for name, value in request.headers.raw) > HEADER_BYTES:
            return _reject(431, f"more than {HEADER_BYTES} bytes of headers")
        body = await _body(request, self._max_bytes)
        if body is None:
            return _reject(413, f"more than {self._max_bytes} bytes")
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return _reject(400, "not JSON")
        if not isinstance(payload, dict):
            return _reject(400, "not a JSON object")
        if self._repeats.is_new(body, payload):
            self._worker.request()
        return Response(status_code=204)

    async def health(self, request: Request) -> Response:
        """Health check; requires no secret."""
        return JSONResponse({"ok": True})

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Run the worker for as long as the server runs."""
        self._worker.start()
        try:
            yield
        finally:
            self._worker.stop()


def application(
    secret: str,
    header: str,
    worker: Worker,
    *,
    max_bytes: int = MAX_BYTES,
    more: Sequence[Route] = (),
) -> Starlette:
    """The receiver: `POST /webhook` with the secret in `header`, and `GET /health`.

    Args:
        more: Further routes of the same server.
    """
    receiver = Receiver(secret, header, worker, max_bytes)
    routes = [
        Route("/webhook", receiver.webhook, methods=["POST"]),
        Route("/health", receiver.health, methods=["GET"]),
        *more,
    ]
    return Starlette(routes=routes, lifespan=receiver.lifespan)


async def _body(request: Request, max_bytes: int) -> bytes | None:
    """The body; None if it is too large, by the declared or by the received length."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > max_bytes:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def _name(payload: dict[str, Any]) -> str | None:
    """Identifies an annotation's state; None if the webhook contains no annotation."""
    annotation = payload.get("annotation")
    if not isinstance(annotation, dict) or not isinstance(annotation.get("id"), int):
        return None
    changed = annotation.get("updated_at")
    return f"{annotation['id']} {changed}" if isinstance(changed, str) else None


def _reject(status: int, message: str) -> Response:
    # The rest of a rejected body isn't read, so the connection can't be reused.
    return JSONResponse({"error": message}, status, headers={"Connection": "close"})

"""The receiver's server: what a client may take of time, room and connections."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from annotate.serve.receiver import HEADER_BYTES

SECONDS = 20.0
"""From a connection, or the first byte of a request, to the end of the answer. Label Studio waits
for one second."""

CONNECTIONS = 200
"""At a time; more are answered with 503."""


class Impatient(H11Protocol):
    """A connection that is cut when a request isn't over in time.

    A server doesn't notice by itself that a client sends half a request, or a byte now and then.
    """

    seconds = SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, so long and no longer."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Take what came; what comes in drops doesn't get more time."""
        self._begin()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Stop the clock, unless the next request is there already."""
        self._end()
        super().on_response_complete()
        if not self.cycle.response_complete:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds, self.transport.abort)

    def _end(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def server(app: Starlette, host: str, port: int, seconds: float = SECONDS) -> uvicorn.Server:
    """A server of the receiver, to be run.

    Args:
        seconds: What a request may take.
    """
    protocol: Any = type("Protocol", (Impatient,), {"seconds": seconds})
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=protocol,
            ws="none",
            log_level="warning",
            server_header=False,
            h11_max_incomplete_event_size=HEADER_BYTES,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=5,
        )
    )

"""The receiver's HTTP server, with limits on request duration, header size and connections."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from annotate.serve.receiver import HEADER_BYTES

SECONDS = 20.0
"""Time limit from a connection, or the first byte of a request, to the end of the response. Label
Studio's own timeout is one second."""

CONNECTIONS = 200
"""Maximum number of simultaneous connections; further requests get HTTP 503."""


class TimeLimitedProtocol(H11Protocol):
    """A connection that is closed when a request isn't finished in time.

    uvicorn has no time limit for a client that sends half a request, or single bytes slowly.
    """

    seconds = SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Process received bytes; they don't extend a timer that is running."""
        self._begin()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Stop the timer, and start it again if the next request has already begun."""
        self._end()
        super().on_response_complete()
        if not self.cycle.response_complete:
            self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
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
    """A uvicorn server for the receiver; the caller runs it.

    Args:
        seconds: Time limit of a request.
    """
    protocol: Any = type("Protocol", (TimeLimitedProtocol,), {"seconds": seconds})
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

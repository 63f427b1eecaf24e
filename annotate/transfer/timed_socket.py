"""A socket with deadlines for a slow peer."""

from __future__ import annotations

import io
import socket
import time
from typing import Any

from annotate.transfer.limits import Limits

BUFFER_BYTES = 2**16


class Pace:
    """The time limit for the next bytes.

    A time limit on each read alone has no effect on a server that sends a byte now and then, or
    headers without end.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._until = 0.0
        self._wanted: int | None = None
        self._came = 0
        self.expect_response()

    def expect_response(self) -> None:
        """Start the time limit for a response, up to the end of its header."""
        self._until, self._wanted = time.monotonic() + self._limits.response_seconds, None

    def expect_body(self) -> None:
        """Start the limit on the rate of the body: a minimum of bytes in each period."""
        self._until = time.monotonic() + self._limits.stall_seconds
        self._wanted, self._came = self._limits.stall_bytes, 0

    def left(self) -> float:
        """The seconds left.

        Raises:
            TimeoutError: There are none.
        """
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the server has stopped sending")
        return seconds

    def arrived(self, count: int) -> None:
        """Count received bytes."""
        self._came += count
        if self._wanted is not None and self._came >= self._wanted:
            self.expect_body()


class Wire:
    """The part of a socket's interface that `http.client` uses, each step within the pace.

    As with a socket, its files stay open when it is closed, and closing the last file closes it.
    """

    def __init__(self, sock: socket.socket, pace: Pace):
        self.sock, self.pace = sock, pace
        self._readers = 0
        self._closed = False

    def sendall(self, data: bytes) -> None:
        """Send a request."""
        self.sock.settimeout(self.pace.left())
        self.sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """A file to read the response from; `mode` is `rb`."""
        self._readers += 1
        return io.BufferedReader(_Reader(self), BUFFER_BYTES)

    def close(self) -> None:
        """Close the connection as soon as it has no readers."""
        self._closed = True
        self._hang_up()

    def release(self) -> None:
        """Release one reader."""
        self._readers -= 1
        self._hang_up()

    def _hang_up(self) -> None:
        if self._closed and self._readers <= 0:
            self.sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire):
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._wire.sock.settimeout(self._wire.pace.left())
        count = self._wire.sock.recv_into(buffer)
        self._wire.pace.arrived(count)
        return count

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._wire.release()

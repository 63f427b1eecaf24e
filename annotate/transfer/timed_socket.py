"""A socket with deadlines for a slow peer."""

from __future__ import annotations

import io
import socket
import time
from typing import Any

from annotate.transfer.limits import Limits

BUFFER_BYTES = 2**16


class Pace:
    """How long the next piece may be waited for.

    A time limit on each read alone would do nothing against a server that sends a byte now and
    then, or headers without end.
    """

    def __init__(self, limits: Limits):
        self._limits = limits
        self._until = 0.0
        self._wanted: int | None = None
        self._came = 0
        self.expect_response()

    def expect_response(self) -> None:
        """From here an answer has to be whole, up to the end of its header, in time."""
        self._until, self._wanted = time.monotonic() + self._limits.response_seconds, None

    def expect_body(self) -> None:
        """From here some bytes have to come in each stretch of time."""
        self._until = time.monotonic() + self._limits.stall_seconds
        self._wanted, self._came = self._limits.stall_bytes, 0

    def left(self) -> float:
        """The seconds left.

        Raises:
            TimeoutError: There are none.
        """
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the server doesn't go on sending")
        return seconds

    def arrived(self, count: int) -> None:
        """Take note of bytes that came."""
        self._came += count
        if self._wanted is not None and self._came >= self._wanted:
            self.expect_body()


class Wire:
    """What `http.client` wants of a socket, each step within the pace.

    As with a socket, its files stay open when it is closed and close it when they are.
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
        """A file to read the answer from; `mode` is `rb`."""
        self._readers += 1
        return io.BufferedReader(_Reader(self), BUFFER_BYTES)

    def close(self) -> None:
        """Close the connection, as soon as nobody reads from it."""
        self._closed = True
        self._hang_up()

    def release(self) -> None:
        """A reader is done."""
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

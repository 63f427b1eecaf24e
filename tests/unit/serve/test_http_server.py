"""The receiver's server on a real port: incomplete, slow, many and oversized requests."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import httpx
import pytest

from annotate.serve.background_worker import Worker
from annotate.serve.http_server import server
from annotate.serve.receiver import HEADER_BYTES, application

SECRET = "the secret of the tests"  # noqa: S105
HEADER = "X-Secret"
PATIENCE = 60.0
"""Timeout of the tests in seconds, far beyond any limit of the server."""


@contextmanager
def listening(seconds: float, max_bytes: int = 1000) -> Iterator[tuple[int, Callable[[], int]]]:
    """Serve a receiver on a free port; yields the port and a count of requested runs."""
    requested_runs: list[None] = []
    worker = Worker(lambda: requested_runs.append(None), every_s=3600, settle_s=0)
    app = application(SECRET, HEADER, worker, max_bytes=max_bytes)
    running = server(app, "127.0.0.1", 0, seconds)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1], lambda: len(requested_runs)
        finally:
            running.should_exit = True
            thread.join(PATIENCE)


@pytest.fixture(scope="module")
def short_timeout() -> Iterator[int]:
    """The port of a server with a timeout of 0.3 s."""
    with listening(0.3) as (port, _):
        yield port


@pytest.fixture(scope="module")
def long_timeout() -> Iterator[int]:
    """The port of a server with a timeout longer than any test."""
    with listening(10 * PATIENCE) as (port, _):
        yield port


def head(length: int = 2, more: str = "") -> bytes:
    first = f"POST /webhook HTTP/1.1\r\nHost: here\r\n{HEADER}: {SECRET}\r\n"
    return f"{first}Content-Length: {length}\r\n{more}\r\n".encode()


def until_closed(connection: socket.socket) -> bytes:
    """All data until the server closes the connection; fails if it doesn't."""
    connection.settimeout(PATIENCE)
    found = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return found
        if not piece:
            return found
        found += piece


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"P",
        b"POST /webhook HTTP/1.1\r\nHost: here\r\n",
        head()[:-2],
        head(),
        head() + b"{",
        b"POST /webhook HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n"
        + f"{HEADER}: {SECRET}\r\n\r\n5\r\n{{".encode(),
    ],
)
def test_an_incomplete_request_times_out(short_timeout: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", short_timeout)) as connection:
        connection.sendall(sent)
        assert until_closed(connection) == b""


def test_an_incomplete_second_request_times_out(short_timeout: int) -> None:
    with socket.create_connection(("127.0.0.1", short_timeout)) as connection:
        connection.sendall(head() + b"{}" + head()[:20])
        assert until_closed(connection).startswith(b"HTTP/1.1 204")


def test_a_slow_request_times_out(short_timeout: int) -> None:
    with socket.create_connection(("127.0.0.1", short_timeout)) as connection:
        connection.sendall(head(1000))
        sent_bytes = 0
        while sent_bytes < 999 and not select.select([connection], [], [], 0.02)[0]:
            connection.sendall(b" ")
            sent_bytes += 1
        assert sent_bytes < 999
        assert until_closed(connection) == b""


def test_complete_requests_get_responses_on_one_connection(long_timeout: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{long_timeout}", timeout=PATIENCE) as client:
        for number in range(3):
            response = client.post("/webhook", json={"n": number}, headers={HEADER: SECRET})
            assert response.status_code == 204
        assert client.get("/health").json() == {"ok": True}


@pytest.mark.parametrize(
    "more",
    [
        f"X-Long: {'a' * 2 * HEADER_BYTES}\r\n",
        "".join(f"X-{n}: b\r\n" for n in range(HEADER_BYTES)),
    ],
)
def test_long_headers_are_rejected(long_timeout: int, more: str) -> None:
    with socket.create_connection(("127.0.0.1", long_timeout)) as connection:
        with suppress(OSError):  # the server may close before everything is sent
            connection.sendall(head(2, more) + b"{}")
        assert until_closed(connection)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")


@pytest.mark.parametrize("length", ["-1", "x", "9" * 40, "2, 3", ""])
def test_an_invalid_length_is_rejected(long_timeout: int, length: str) -> None:
    sent = head().replace(b"Content-Length: 2", f"Content-Length: {length}".encode())
    with socket.create_connection(("127.0.0.1", long_timeout)) as connection:
        connection.sendall(sent)
        assert until_closed(connection)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


def test_a_large_body_is_rejected_before_it_is_sent(long_timeout: int) -> None:
    with socket.create_connection(("127.0.0.1", long_timeout)) as connection:
        connection.sendall(head(10**12))
        assert until_closed(connection).startswith(b"HTTP/1.1 413")


def test_a_wrong_secret_is_rejected_before_the_body_is_read(long_timeout: int) -> None:
    with socket.create_connection(("127.0.0.1", long_timeout)) as connection:
        connection.sendall(head(900).replace(SECRET.encode(), b"wrong"))
        assert until_closed(connection).startswith(b"HTTP/1.1 401")


def test_many_incomplete_requests_do_not_block_others() -> None:
    with listening(PATIENCE) as (port, _):
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for one in connections:
            one.sendall(head()[:-2])
        response = httpx.post(
            f"http://127.0.0.1:{port}/webhook", json={}, headers={HEADER: SECRET}, timeout=PATIENCE
        )
        for one in connections:
            one.close()
    assert response.status_code == 204

"""The receiver's server on a real port: half a request, drops, floods and long headers end."""

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
"""Of the tests: far beyond any limit of the server, which they wait for."""


@contextmanager
def listening(seconds: float, max_bytes: int = 1000) -> Iterator[tuple[int, Callable[[], int]]]:
    """A receiver on a free port, and how often it was made to work."""
    wished: list[None] = []
    worker = Worker(lambda: wished.append(None), every_s=3600, settle_s=0)
    app = application(SECRET, HEADER, worker, max_bytes=max_bytes)
    running = server(app, "127.0.0.1", 0, seconds)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        thread = threading.Thread(target=running.run, args=([taken],))
        thread.start()
        try:
            yield taken.getsockname()[1], lambda: len(wished)
        finally:
            running.should_exit = True
            thread.join(PATIENCE)


@pytest.fixture(scope="module")
def hasty() -> Iterator[int]:
    """The port of a server that waits a moment."""
    with listening(0.3) as (port, _):
        yield port


@pytest.fixture(scope="module")
def patient() -> Iterator[int]:
    """The port of a server that waits longer than any test."""
    with listening(10 * PATIENCE) as (port, _):
        yield port


def head(length: int = 2, more: str = "") -> bytes:
    first = f"POST /webhook HTTP/1.1\r\nHost: here\r\n{HEADER}: {SECRET}\r\n"
    return f"{first}Content-Length: {length}\r\n{more}\r\n".encode()


def until_closed(connection: socket.socket) -> bytes:
    """All that comes before the server closes; fails if it doesn't."""
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
def test_half_a_request_is_cut(hasty: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty)) as connection:
        connection.sendall(sent)
        assert until_closed(connection) == b""


def test_half_a_second_request_is_cut(hasty: int) -> None:
    with socket.create_connection(("127.0.0.1", hasty)) as connection:
        connection.sendall(head() + b"{}" + head()[:20])
        assert until_closed(connection).startswith(b"HTTP/1.1 204")


def test_what_comes_in_drops_gets_no_more_time(hasty: int) -> None:
    with socket.create_connection(("127.0.0.1", hasty)) as connection:
        connection.sendall(head(1000))
        drops = 0
        while drops < 999 and not select.select([connection], [], [], 0.02)[0]:
            connection.sendall(b" ")
            drops += 1
        assert drops < 999
        assert until_closed(connection) == b""


def test_whole_requests_are_answered_on_one_connection(patient: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{patient}", timeout=PATIENCE) as client:
        for number in range(3):
            reply = client.post("/webhook", json={"n": number}, headers={HEADER: SECRET})
            assert reply.status_code == 204
        assert client.get("/health").json() == {"ok": True}


@pytest.mark.parametrize(
    "more",
    [
        f"X-Long: {'a' * 2 * HEADER_BYTES}\r\n",
        "".join(f"X-{n}: b\r\n" for n in range(HEADER_BYTES)),
    ],
)
def test_long_headers_are_refused(patient: int, more: str) -> None:
    with socket.create_connection(("127.0.0.1", patient)) as connection:
        with suppress(OSError):  # refused while it was still being sent
            connection.sendall(head(2, more) + b"{}")
        assert until_closed(connection)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")


@pytest.mark.parametrize("length", ["-1", "x", "9" * 40, "2, 3", ""])
def test_a_length_that_makes_no_sense_is_refused(patient: int, length: str) -> None:
    sent = head().replace(b"Content-Length: 2", f"Content-Length: {length}".encode())
    with socket.create_connection(("127.0.0.1", patient)) as connection:
        connection.sendall(sent)
        assert until_closed(connection)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413")


def test_a_large_body_is_refused_before_it_is_sent(patient: int) -> None:
    with socket.create_connection(("127.0.0.1", patient)) as connection:
        connection.sendall(head(10**12))
        assert until_closed(connection).startswith(b"HTTP/1.1 413")


def test_a_stranger_is_refused_before_the_body_is_read(patient: int) -> None:
    with socket.create_connection(("127.0.0.1", patient)) as connection:
        connection.sendall(head(900).replace(SECRET.encode(), b"wrong"))
        assert until_closed(connection).startswith(b"HTTP/1.1 401")


def test_many_half_requests_keep_nobody_else_out() -> None:
    with listening(PATIENCE) as (port, _):
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for one in held:
            one.sendall(head()[:-2])
        reply = httpx.post(
            f"http://127.0.0.1:{port}/webhook", json={}, headers={HEADER: SECRET}, timeout=PATIENCE
        )
        for one in held:
            one.close()
    assert reply.status_code == 204

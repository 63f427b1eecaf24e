"""Incomplete requests don't block the server: real connections to the production server."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from annotate.studio_server.install import add_on
from tests import needs
from tests.e2e.studio.attacks import Attacks
from tests.e2e.studio.server import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PROGRAM = """
import sys
from annotate.recorder.production import make_server

def application(environ, start):
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(len(body)).encode()]

server = make_server(application, "127.0.0.1", int(sys.argv[1]))
print("listening", flush=True)
server.run()
"""
TIMEOUT_S = 60
"""Seconds until a connection counts as never closed; the server's limits are 1 and 4."""
HEAD = b"POST /annotate/recordings HTTP/1.1\r\nHost: x\r\n"
COMPLETE = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the server, which runs a minimal application instead of Label Studio."""
    needs.label_studio()
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(add_on(folder)),
        "ANNOTATE_HEADER_SECONDS": "1",
        "ANNOTATE_REQUEST_SECONDS": "4",
    }
    command = [str(needs.STUDIO / "bin" / "python"), "-c", PROGRAM, str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        yield port
        process.kill()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)


def read_until_closed(connection: socket.socket) -> bytes:
    """The response until the server closes the connection; fails if it doesn't."""
    response = b""
    try:
        while part := connection.recv(65536):
            response += part
    except ConnectionResetError:
        pass
    return response


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Never: ends",
        HEAD + b"Content-Length: 1000\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nha",
        HEAD + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
    ],
    ids=["nothing", "half a line", "half a head", "half a body", "half a chunk", "expect"],
)
def test_an_incomplete_request_is_closed(port: int, sent: bytes) -> None:
    with connect(port) as connection:
        connection.sendall(sent)
        assert b"200 OK" not in read_until_closed(connection)
    Attacks("incomplete requests", None).count()  # type: ignore[arg-type]


@pytest.mark.parametrize("start", [HEAD, HEAD + b"Content-Length: 100000\r\n\r\n"])
def test_a_request_sent_byte_by_byte_is_closed(port: int, start: bytes) -> None:
    """One byte every 0.1 s, which an idle timeout alone wouldn't stop."""
    with connect(port) as connection:
        connection.sendall(start)
        connection.settimeout(0.1)
        for _ in range(10 * TIMEOUT_S):
            try:
                if not connection.recv(1000):
                    break
            except TimeoutError:
                pass
            except ConnectionResetError:
                break
            try:
                connection.sendall(b"x")
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            pytest.fail("the connection was never closed")
    Attacks("incomplete requests", None).count()  # type: ignore[arg-type]


def test_many_incomplete_requests_do_not_block_a_complete_one(port: int) -> None:
    connections = [connect(port) for _ in range(200)]
    for connection in connections:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
    with connect(port) as complete:
        complete.sendall(COMPLETE)
        assert b"200 OK" in read_until_closed(complete)
    for connection in connections:
        assert b"200 OK" not in read_until_closed(connection)
        connection.close()
        Attacks("incomplete requests", None).count()  # type: ignore[arg-type]


def test_a_body_sent_steadily_is_accepted(port: int) -> None:
    with connect(port) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 3000000\r\n\r\n")
        for _ in range(30):
            connection.sendall(bytes(100_000))
        assert read_until_closed(connection).endswith(b"3000000")


def test_a_connection_in_use_stays_open_beyond_the_limit_of_one_request(port: int) -> None:
    """The limits apply to one request: this connection lasts longer than any of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    connection.connect()
    first_socket = connection.sock
    for _ in range(6):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"0"
        time.sleep(1)
    assert connection.sock is first_socket
    connection.close()


@pytest.mark.parametrize(
    ("path", "length", "rejected"),
    [
        ("/annotate/recordings", 34 * 2**20, True),
        ("/annotate/media/x", 65 * 2**20, True),
        ("/api/projects/1/import", 129 * 2**20, True),
        ("/annotate/recordings", 33 * 2**20, False),
    ],
)
def test_a_too_large_body_is_rejected_by_its_content_length(
    port: int, path: str, length: int, rejected: bool
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    with connect(port) as connection:
        connection.sendall(head.encode())
        assert (b" 413 " in read_until_closed(connection)) is rejected

"""Half-sent requests don't hold the server: real connections to the server that `up` starts."""

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
PATIENCE = 60
"""Seconds after which a connection counts as held for ever; the server's limits are 1 and 4."""
HEAD = b"POST /annotate/recordings HTTP/1.1\r\nHost: x\r\n"
HONEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the server listens, with another application behind it than Label Studio."""
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


def line_to(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def closed(line: socket.socket) -> bytes:
    """What is answered until the other side closes; fails if it doesn't."""
    answer = b""
    try:
        while part := line.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer


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
def test_what_is_half_sent_is_cut_off(port: int, sent: bytes) -> None:
    with line_to(port) as line:
        line.sendall(sent)
        assert b"200 OK" not in closed(line)
    Attacks("half-sent requests", None).count()  # type: ignore[arg-type]


@pytest.mark.parametrize("start", [HEAD, HEAD + b"Content-Length: 100000\r\n\r\n"])
def test_what_comes_in_drops_is_cut_off(port: int, start: bytes) -> None:
    """A byte every tenth of a second would hold a server that only looks for silence."""
    with line_to(port) as line:
        line.sendall(start)
        line.settimeout(0.1)
        for _ in range(10 * PATIENCE):
            try:
                if not line.recv(1000):
                    break
            except TimeoutError:
                pass
            except ConnectionResetError:
                break
            try:
                line.sendall(b"x")
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            pytest.fail("it was never cut off")
    Attacks("half-sent requests", None).count()  # type: ignore[arg-type]


def test_many_half_sent_requests_keep_nobody_else_waiting(port: int) -> None:
    lines = [line_to(port) for _ in range(200)]
    for line in lines:
        line.sendall(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
    with line_to(port) as honest:
        honest.sendall(HONEST)
        assert b"200 OK" in closed(honest)
    for line in lines:
        assert b"200 OK" not in closed(line)
        line.close()
        Attacks("half-sent requests", None).count()  # type: ignore[arg-type]


def test_a_body_that_comes_steadily_is_taken(port: int) -> None:
    with line_to(port) as line:
        line.sendall(HEAD + b"Connection: close\r\nContent-Length: 3000000\r\n\r\n")
        for _ in range(30):
            line.sendall(bytes(100_000))
        assert closed(line).endswith(b"3000000")


def test_a_connection_that_is_used_stays_open_beyond_the_limit_of_a_request(port: int) -> None:
    """The limits are those of one request: this connection lasts longer than any of them."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    line.connect()
    socket_then = line.sock
    for _ in range(6):
        line.request("GET", "/")
        assert line.getresponse().read() == b"0"
        time.sleep(1)
    assert line.sock is socket_then
    line.close()


@pytest.mark.parametrize(
    ("path", "length", "refused"),
    [
        ("/annotate/recordings", 34 * 2**20, True),
        ("/annotate/media/x", 65 * 2**20, True),
        ("/api/projects/1/import", 129 * 2**20, True),
        ("/annotate/recordings", 33 * 2**20, False),
    ],
)
def test_a_body_that_is_too_large_is_refused_by_its_head(
    port: int, path: str, length: int, refused: bool
) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    with line_to(port) as line:
        line.sendall(head.encode())
        assert (b" 413 " in closed(line)) is refused

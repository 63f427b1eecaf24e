"""The stages created from the settings; Label Studio is a stub on a real port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from annotate import pipeline
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.settings import Settings

SOURCES = ["label-studio://7", "label-studio://8"]


class Server(ThreadingHTTPServer):
    """Responds to everything with an empty object, and signals opened and closed connections."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.open = threading.Semaphore(0)
        self.closed = threading.Semaphore(0)

    @property
    def settings(self) -> Settings:
        url = f"http://127.0.0.1:{self.server_port}"
        return Settings(label_studio={"url": url, "token": SecretStr("0" * 40)})  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are persistent
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.open.release()

    def finish(self) -> None:
        super().finish()
        self.server.closed.release()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def request_project(step: object) -> int:
    """Have a step send a request to its server."""
    assert isinstance(step, Ingest)
    assert isinstance(step.source, StudioSource)
    return step.source.project


@pytest.mark.parametrize("error", [False, True])
def test_every_connection_ends_with_the_context(server: Server, error: bool) -> None:
    with suppress(ZeroDivisionError), pipeline.steps(SOURCES, server.settings) as steps:
        assert [request_project(step) for step in steps[:2]] == [7, 8]
        assert all(server.open.acquire(timeout=30) for _ in SOURCES)
        assert not server.closed.acquire(blocking=False)
        if error:
            raise ZeroDivisionError
    assert all(server.closed.acquire(timeout=30) for _ in SOURCES)


def test_the_stages_do_not_depend_on_the_sources(server: Server, tmp_path: Path) -> None:
    for sources in ([tmp_path], [tmp_path, *SOURCES], []):
        with pipeline.steps(sources, server.settings) as steps:
            names = [step.name for step in steps]
        assert names == [*["ingest"] * len(sources), *pipeline.STAGES]

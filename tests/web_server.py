"""A web server on this machine that serves a folder, and misbehaves where a test wants it to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: WebServer
    timeout = 20

    def do_GET(self) -> None:
        self.web.asked.append((self.path, dict(self.headers)))
        split = urlsplit(self.path)
        answer = self.web.answers.get(split.path)
        try:
            answer(self) if answer else self._serve(split.path)
        except OSError:
            self.close_connection = True  # the client has had enough

    def _serve(self, path: str) -> None:
        found = self.web.root / path.lstrip("/")
        if not found.is_file():
            self.send_error(404)
            return
        self.whole(found.read_bytes())

    def whole(self, data: bytes, status: int = 200, **headers: str) -> None:
        """An answer of this length."""
        self.head(status, **{"Content-Length": str(len(data)), **headers})
        self.send(data)

    def head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.web.sent += len(data)

    def endlessly(self, piece: bytes, most: int = 400 * 2**20) -> None:
        """Send it again and again until the client hangs up, or so many bytes have gone."""
        self.close_connection = True
        sent = 0
        while sent < most:
            self.send(piece)
            sent += len(piece)

    def drip(self, piece: bytes) -> None:
        """Send it bit by bit until the client hangs up."""
        self.close_connection = True
        while not self.web.closing.wait(0.02):
            self.send(piece)

    def log_message(self, *_: object) -> None:
        pass


class WebServer(ThreadingHTTPServer):
    """Serves `root`; what stands in `answers`, by path, is answered otherwise.

    Attributes:
        asked: The path and headers of each request.
        sent: Bytes of bodies that went out.
        connections: How many were made.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, root: Path, host: str = "127.0.0.1"):
        self.root = root
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sent = self.connections = 0
        self.closing = threading.Event()
        super().__init__((host, 0), type("Bound", (Handler,), {"web": self}))
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def get_request(self) -> object:  # type: ignore[override]
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_: object) -> None:
        pass

    def __enter__(self) -> WebServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

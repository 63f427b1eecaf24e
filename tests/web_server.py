"""A web server on localhost that serves a folder; a test can set other responses by path."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Respond = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: WebServer
    timeout = 20

    def do_GET(self) -> None:
        self.web.requests.append((self.path, dict(self.headers)))
        split = urlsplit(self.path)
        handler = self.web.handlers.get(split.path)
        try:
            handler(self) if handler else self._serve(split.path)
        except OSError:
            self.close_connection = True  # the client closed the connection

    def _serve(self, path: str) -> None:
        """Respond with the file at the path, or 404."""
        file = self.web.root / path.lstrip("/")
        if not file.is_file():
            self.send_error(404)
            return
        self.respond(file.read_bytes())

    def respond(self, data: bytes, status: int = 200, **headers: str) -> None:
        """Send a complete response with its length."""
        self.send_head(status, **{"Content-Length": str(len(data)), **headers})
        self.send(data)

    def send_head(self, status: int = 200, **headers: str) -> None:
        """Send the status line and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, data: bytes) -> None:
        """Send a part of the body."""
        self.wfile.write(data)
        self.web.sent += len(data)

    def send_endlessly(self, piece: bytes, max_bytes: int = 400 * 2**20) -> None:
        """Send the piece repeatedly until the client disconnects or `max_bytes` are sent."""
        self.close_connection = True
        sent = 0
        while sent < max_bytes:
            self.send(piece)
            sent += len(piece)

    def send_slowly(self, piece: bytes) -> None:
        """Send the piece every 20 ms until the client disconnects."""
        self.close_connection = True
        while not self.web.closing.wait(0.02):
            self.send(piece)

    def log_message(self, *_: object) -> None:
        pass


class WebServer(ThreadingHTTPServer):
    """Serves the files below `root`; a function in `handlers` responds to its path instead.

    Attributes:
        handlers: By path, a function that sends the response.
        requests: The path and headers of each request.
        sent: Bytes of bodies that were sent.
        connections: Number of accepted connections.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, root: Path, host: str = "127.0.0.1"):
        self.root = root
        self.handlers: dict[str, Respond] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
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

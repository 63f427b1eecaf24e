"""Label Studio on waitress, for production: `python -m annotate.recorder.production start`.

`label-studio start` uses Django's development server, which is neither secure nor fast. The steps
before that are Label Studio's own: settings, migrations, the first account.

A request must arrive within a time limit and above a minimum rate; otherwise it is closed.
"""

from __future__ import annotations

import copy
import os
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer, create_server

from annotate.recorder.limits import MAX_MEDIA_BYTES, upload_bytes

HEADER_SECONDS = 20.0
"""Default time from a request's first byte to the end of its header; then a body's rate is checked
too."""
REQUEST_SECONDS = 300.0
"""Default time to a request's last byte; the recorder's page uses the same timeout per upload."""
BYTES_PER_SECOND = 1000
"""Minimum average rate of a body, against clients that block a connection with a slow upload."""
MAX_BODY_BYTES = 128 * 2**20
"""Maximum body size of any request; operators import files."""
MEDIA = "/annotate/media/"


def header_seconds() -> float:
    """How long a request's head may take; `ANNOTATE_HEADER_SECONDS` sets it."""
    return float(os.environ.get("ANNOTATE_HEADER_SECONDS", HEADER_SECONDS))


def request_seconds() -> float:
    """How long a whole request may take; `ANNOTATE_REQUEST_SECONDS` sets it."""
    return float(os.environ.get("ANNOTATE_REQUEST_SECONDS", REQUEST_SECONDS))


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Rejects a body that is too large by its header, with own limits under /annotate/."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header, then set the body's size limit."""
        super().parse_header(header_plus)
        if self.path.startswith("/annotate/"):
            most = MAX_MEDIA_BYTES if self.path.startswith(MEDIA) else upload_bytes()
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = most + 1  # waitress also rejects an equal size


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that records when its current request began."""

    parser_class = Parser
    began = 0.0
    silent = True

    def received(self, data: bytes) -> bool:
        """Process received bytes, which may belong to several requests."""
        self.silent, before = False, self.request
        taken: bool = super().received(data)
        if self.request is not before:
            self.began = time.monotonic()
        return taken

    def overdue(self) -> bool:
        """Whether the current request takes too long or arrives too slowly."""
        request = self.request
        if request is None:
            return self.silent and time.time() - self.creation_time > header_seconds()
        seconds = time.monotonic() - self.began
        if seconds > request_seconds():
            return True
        slow = request.body_bytes_received < BYTES_PER_SECOND * seconds
        return seconds > header_seconds() and (slow or not request.headers_finished)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's server, which also closes overdue requests and connections without a reader."""

    channel_class = Channel

    def maintenance(self, now: float) -> None:
        """Once a second: close connections that are idle, overdue, or not read by the client."""
        super().maintenance(now)
        cutoff = now - self.adj.channel_timeout
        for channel in self.active_channels.values():
            unread = channel.total_outbufs_len and channel.last_activity < cutoff
            if channel.overdue() or unread:
                channel.will_close = True


def make_server(application: Any, host: str, port: int, **options: Any) -> Any:
    """A listening server; `run()` serves until it is stopped."""
    import waitress.server

    # Waitress has no option for the server class.
    waitress.server.TcpWSGIServer = Server
    settings = {
        **{"threads": 16, "connection_limit": 500, "asyncore_use_poll": True},
        **{"channel_timeout": 60, "cleanup_interval": 1, "ident": None},
        **{"max_request_body_size": MAX_BODY_BYTES, "clear_untrusted_proxy_headers": True},
        **options,
    }
    return create_server(application, host=host, port=port, **settings)


def serve(host: str, port: int) -> None:
    """Replaces Label Studio's start of Django's development server."""
    from django.core.wsgi import get_wsgi_application

    make_server(get_wsgi_application(), host, port).run()


def main() -> None:
    """Start Label Studio with the arguments of the `label-studio` command."""
    from label_studio import server

    server._app_run = serve
    server.main()


if __name__ == "__main__":
    main()

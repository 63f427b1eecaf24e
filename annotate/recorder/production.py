"""Label Studio on waitress, for production: `python -m annotate.recorder.production start`.

`label-studio start` ends in Django's development server, which promises neither safety nor speed.
Everything up to there is Label Studio's own: settings, migrations, the first account.

A request has to come in within a time limit and not too slowly; one that is half sent is cut off.
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
"""From a request's first byte to the end of its head, by default; a slow body is noticed then."""
REQUEST_SECONDS = 300.0
"""To a request's last byte, by default: the recorder's page waits as long for one upload."""
BYTES_PER_SECOND = 1000
"""A body that comes more slowly on average isn't an upload but somebody holding the line."""
MAX_BODY_BYTES = 128 * 2**20
"""Of any request: operators import files."""
MEDIA = "/annotate/media/"


def header_seconds() -> float:
    """How long a request's head may take; `ANNOTATE_HEADER_SECONDS` sets it."""
    return float(os.environ.get("ANNOTATE_HEADER_SECONDS", HEADER_SECONDS))


def request_seconds() -> float:
    """How long a whole request may take; `ANNOTATE_REQUEST_SECONDS` sets it."""
    return float(os.environ.get("ANNOTATE_REQUEST_SECONDS", REQUEST_SECONDS))


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses too large a body by its head, at our addresses with their own bounds."""

    adj: Any

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, then choose the bound of the body."""
        super().parse_header(header_plus)
        if self.path.startswith("/annotate/"):
            most = MAX_MEDIA_BYTES if self.path.startswith(MEDIA) else upload_bytes()
            self.adj = copy.copy(self.adj)
            self.adj.max_request_body_size = most + 1  # waitress refuses what has as many


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when its present request has been coming in."""

    parser_class = Parser
    began = 0.0
    silent = True

    def received(self, data: bytes) -> bool:
        """Take in a part of a request, or of several."""
        self.silent, before = False, self.request
        taken: bool = super().received(data)
        if self.request is not before:
            self.began = time.monotonic()
        return taken

    def overdue(self) -> bool:
        """Whether a request has been coming in for too long, or too slowly."""
        request = self.request
        if request is None:
            return self.silent and time.time() - self.creation_time > header_seconds()
        seconds = time.monotonic() - self.began
        if seconds > request_seconds():
            return True
        slow = request.body_bytes_received < BYTES_PER_SECOND * seconds
        return seconds > header_seconds() and (slow or not request.headers_finished)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Waitress's server, which also looks for overdue requests and readers who have gone."""

    channel_class = Channel

    def maintenance(self, now: float) -> None:
        """Once a second: close what is idle, overdue, or no longer read by the other side."""
        super().maintenance(now)
        cutoff = now - self.adj.channel_timeout
        for channel in self.active_channels.values():
            unread = channel.total_outbufs_len and channel.last_activity < cutoff
            if channel.overdue() or unread:
                channel.will_close = True


def make_server(application: Any, host: str, port: int, **options: Any) -> Any:
    """A server that listens; `run()` serves until it is told to end."""
    import waitress.server

    # Waitress has no other way to say which class it is to make.
    waitress.server.TcpWSGIServer = Server
    settings = {
        **{"threads": 16, "connection_limit": 500, "asyncore_use_poll": True},
        **{"channel_timeout": 60, "cleanup_interval": 1, "ident": None},
        **{"max_request_body_size": MAX_BODY_BYTES, "clear_untrusted_proxy_headers": True},
        **options,
    }
    return create_server(application, host=host, port=port, **settings)


def serve(host: str, port: int) -> None:
    """What Label Studio calls where it would start Django's development server."""
    from django.core.wsgi import get_wsgi_application

    make_server(get_wsgi_application(), host, port).run()


def main() -> None:
    """Start Label Studio as `label-studio` does, with the same words behind the command."""
    from label_studio import server

    server._app_run = serve
    server.main()


if __name__ == "__main__":
    main()

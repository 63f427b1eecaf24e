"""Files over HTTP from an untrusted server.

This client is built on `http.client` and not on a library, since a library's conveniences would
have to be disabled here: it follows redirects to any address, resolves names a second time, waits
without limit and reads responses of any length. No proxy is used, since the address that it
connects to can't be checked.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from annotate.model.errors import AnnotateError
from annotate.transfer.addresses import reachable
from annotate.transfer.limits import Limits
from annotate.transfer.timed_socket import Pace, Wire

CHUNK_BYTES = 2**20
REDIRECTS = 5
MOVED = (301, 302, 303, 307, 308)
_STALE = (http.client.RemoteDisconnected, ConnectionError, http.client.BadStatusLine)
"""Errors of an idle connection that the server has closed meanwhile."""
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "annotate-aloud"}

Origin = tuple[str, str, int]
"""Scheme, host and port."""


class MissingError(Exception):
    """The server has no such file."""


class Http:
    """A folder on a web server. Several threads may read from it; each has its own connections.

    Raises:
        AnnotateError: The address is invalid or can't be read from.
    """

    def __init__(self, url: str, *, allow_private: bool, limits: Limits):
        self._scheme, self._netloc, self._path, self._query = _parts(url)
        self.name = f"{self._scheme}://{self._netloc}{self._path}"
        self._origin = _origin(self.name)
        self._login = _login(url)
        self._allow_private, self._limits = allow_private, limits
        self._own = threading.local()
        self._open: list[_Connection] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def stream(self, path: str, most: int) -> Iterator[bytes]:
        """The bytes of a file, cut off once they are more than `most`.

        Raises:
            MissingError: The server has no such file.
            AnnotateError: It can't be read, redirects elsewhere, or has a longer Content-Length.
        """
        parts = (self._scheme, self._netloc, f"{self._path}/{path}", self._query, "")
        url = urlunsplit(parts)
        for _ in range(REDIRECTS + 1):
            connection, response = self._request(url)
            if response.status not in MOVED:
                break
            self._drop(connection, response)
            url = _redirected(url, response.getheader("Location"), self.name)
        if response.status != 200:
            self._drop(connection, response)
            raise _status_error(response.status, self.name)
        if (response.length or 0) > most:
            self._drop(connection, response)
            raise AnnotateError(f"{self.name}/{path} is longer than it should be: not fetched")
        yield from self._body(connection, response, most)

    def _body(
        self, connection: _Connection, response: http.client.HTTPResponse, most: int
    ) -> Iterator[bytes]:
        connection.pace.expect_body()
        left, whole = most + 1, False
        try:
            while left > 0 and (chunk := response.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
            whole = left > 0
        except (http.client.HTTPException, OSError) as error:
            raise AnnotateError(f"cannot read {self.name}: {_line(error)}") from error
        finally:
            if not whole:
                self._drop(connection, response)

    def _request(self, url: str) -> tuple[_Connection, http.client.HTTPResponse]:
        """Request a file on this thread's open connection, or on a new one."""
        origin = _origin(url)
        connections: dict[Origin, _Connection] = self._own.__dict__.setdefault("open", {})
        again = origin in connections
        connection = connections.get(origin) or self._connect(origin)
        connections[origin] = connection
        try:
            return connection, self._response(connection, url, origin)
        except (http.client.HTTPException, OSError) as error:
            self._drop(connection)
            if again and isinstance(error, _STALE):
                return self._request(url)
            raise AnnotateError(f"cannot read {self.name}: {_line(error)}") from error
        except AnnotateError:
            self._drop(connection)
            raise

    def _response(
        self, connection: _Connection, url: str, origin: Origin
    ) -> http.client.HTTPResponse:
        connection.pace.expect_response()
        headers = dict(_HEADERS)
        if self._login and origin == self._origin:  # sent to no other server
            headers["Authorization"] = self._login
        _, _, path, query, _ = urlsplit(url)
        connection.request("GET", urlunsplit(("", "", path or "/", query, "")), headers=headers)
        return connection.getresponse()

    def _connect(self, origin: Origin) -> _Connection:
        connection = _Connection(origin, Pace(self._limits), allow_private=self._allow_private)
        with self._lock:
            self._open.append(connection)
        return connection

    def _drop(
        self, connection: _Connection, response: http.client.HTTPResponse | None = None
    ) -> None:
        if response:
            response.close()
        connection.close()
        self._own.__dict__.get("open", {}).pop(connection.origin, None)
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, and to no other."""

    sock: Any

    def __init__(self, origin: Origin, pace: Pace, *, allow_private: bool):
        super().__init__(origin[1], origin[2])
        self.origin, self.pace, self._allow_private = origin, pace, allow_private
        self.default_port = 443 if origin[0] == "https" else 80

    def connect(self) -> None:
        self.sock = Wire(self._dial(), self.pace)

    def _dial(self) -> socket.socket:
        failed: OSError | None = None
        scheme, host, port = self.origin
        for family, where in reachable(host, port, allow_private=self._allow_private):
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(self.pace.left())
                sock.connect(where)
                if scheme == "http":
                    return sock
                return ssl.create_default_context().wrap_socket(sock, server_hostname=host)
            except OSError as error:
                sock.close()
                failed = error
        raise failed or OSError("no address")


def _parts(url: str) -> tuple[str, str, str, str]:
    """Scheme, host with port, path without a slash at its end, and query of a source's address."""
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError as error:
        raise AnnotateError(f"cannot read {url}: {_line(error)}") from error
    if not host:
        raise AnnotateError(f"cannot read {url}: it names no server")
    netloc = f"[{host}]" if ":" in host else host
    path = quote(split.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
    query = quote(split.query, safe="/%:@!$&'()*+,;=~-._?")
    return split.scheme, f"{netloc}:{port}" if port else netloc, path, query


def _origin(url: str) -> Origin:
    split = urlsplit(url)
    return split.scheme, split.hostname or "", split.port or (443 if url[:5] == "https" else 80)


def _login(url: str) -> str | None:
    """The header for a name and password in the address."""
    split = urlsplit(url)
    if split.username is None:
        return None
    pair = f"{unquote(split.username)}:{unquote(split.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _redirected(url: str, location: str | None, name: str) -> str:
    """The target of a redirect.

    Raises:
        AnnotateError: The target isn't HTTP or HTTPS, contains a password, or is unencrypted where
            the source is encrypted.
    """
    try:
        target = urljoin(url, location or "")
        split = urlsplit(target)
        _ = split.port
    except ValueError as error:
        raise AnnotateError(f"{name} redirects to an invalid address") from error
    safe = split.scheme == "https" or (split.scheme == "http" and not url.startswith("https:"))
    if not location or not safe or not split.hostname or split.username is not None:
        raise AnnotateError(f"{name} redirects elsewhere, to {target[:200]!r}: not followed")
    _, netloc, path, query = _parts(target)
    return urlunsplit((split.scheme, netloc, path + "/" * split.path.endswith("/"), query, ""))


def _status_error(status: int, name: str) -> Exception:
    if status in (404, 410):
        return MissingError(name)
    if status in MOVED:
        return AnnotateError(f"{name} redirects from one address to the next without end")
    denied = ": it requires a login" if status in (401, 403) else ""
    return AnnotateError(f"cannot read {name}: the server's status is {status}{denied}")


def _line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "".join(char if char.isprintable() else " " for char in text)[:200]

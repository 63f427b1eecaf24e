"""Addresses of this machine or its network: no connection is made."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.transfer import addresses
from tests.release_builders import tree
from tests.unit.transfer.hostile import rejected
from tests.web_server import WebServer


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[::]"),
    ],
)
def test_no_connection_to_this_machine_is_made(web: WebServer, tmp_path: Path, host: str) -> None:
    with pytest.raises(AnnotateError, match=r"private network|cannot find"):
        client.pull(web.url(host=host), tmp_path / "here")
    with pytest.raises(AnnotateError, match=r"private network|cannot find"):
        client.load(web.url(host=host))
    assert web.connections == 0


@pytest.fixture
def inside(release: Path) -> Iterator[WebServer]:
    """A server of the private network: another address of this machine."""
    with WebServer(release, "127.0.0.2") as server:
        yield server


@pytest.mark.parametrize("host", ["127.0.0.2", "2130706434", "[::ffff:127.0.0.2]"])
def test_a_redirect_into_the_private_network_is_not_followed(
    web: WebServer,
    inside: WebServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
) -> None:
    """Here 127.0.0.1 stands for the open internet."""
    monkeypatch.setattr(addresses, "is_public", lambda text: text == "127.0.0.1")
    url = inside.url("/manifest.json", host)
    web.handlers["/manifest.json"] = lambda handler: handler.respond(b"", 307, Location=url)
    assert re.search(
        "private network|cannot find", rejected(web, tmp_path / "x", allow_private=False)
    )
    assert inside.connections == 0
    web.handlers.clear()
    web.handlers["/README.md"] = lambda handler: handler.respond(b"", 307, Location=url)
    assert re.search(
        "private network|cannot find", rejected(web, tmp_path / "y", allow_private=False)
    )
    assert inside.connections == 0


def test_of_a_name_with_several_addresses_only_public_ones_are_used(
    web: WebServer,
    inside: WebServer,
    release: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.2", inside.port)), (*kind, ("127.0.0.1", web.port))]

    monkeypatch.setattr(addresses, "is_public", lambda text: text == "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    client.pull("http://data.example/", tmp_path / "here")
    assert tree(tmp_path / "here") == tree(release)
    assert inside.connections == 0


def test_a_name_is_checked_for_each_connection(
    web: WebServer, inside: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the checked address is used, and each new connection is checked again."""
    lookups = [("127.0.0.1", web.port)]

    def looked_up(host: str, port: int, **_: Any) -> list[Any]:
        where = lookups.pop() if lookups else ("127.0.0.2", inside.port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where)]

    monkeypatch.setattr(addresses, "is_public", lambda text: text == "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with pytest.raises(AnnotateError, match="private network"):
        client.pull("http://data.example/", tmp_path / "here")
    assert (web.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize("source", ["simplecache::http://127.0.0.1/", "zip://x::http://127.0.0.1/"])
def test_a_nested_url_is_rejected(source: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="cannot read"):
        client.pull(source, tmp_path / "here")

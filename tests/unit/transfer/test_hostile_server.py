"""Hostile servers: any response costs little, gives an error of one line, and writes no file.

The server counts the bytes that it sent, so that these limits also hold on slow machines.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from annotate.release.manifest import File, Manifest, content_hash
from annotate.transfer.limits import Limits
from tests.builders import sha
from tests.release_builders import tree
from tests.unit.transfer.hostile import rejected
from tests.web_server import Handler, WebServer

MIB = 2**20
IN_FLIGHT = 16 * MIB
"""Maximum number of bytes in the buffers of two sockets when a client closes the connection."""
PATIENCE = Limits(response_seconds=0.5, stall_seconds=0.5, stall_bytes=10_000)


def list_files(web: WebServer, *files: tuple[str, int]) -> None:
    """Make the server's manifest list these files and lengths."""
    listed = tuple(sorted(File(path=path, bytes=count, sha256=sha(path)) for path, count in files))
    manifest = Manifest(
        version="v1", content_sha256=content_hash(listed), counts={}, step_keys={}, files=listed
    )
    data = manifest.sealed().to_bytes()
    web.handlers["/manifest.json"] = lambda handler: handler.respond(data)


def send_chunks_endlessly(handler: Handler, block: bytes) -> None:
    """Send the block endlessly in chunked encoding."""
    handler.send_head(**{"Transfer-Encoding": "chunked"})
    handler.send_endlessly(b"%x\r\n%s\r\n" % (len(block), block))


# --- manifests ---


@pytest.mark.parametrize("block", [b" " * MIB, b"[" * MIB, b'{"a":' * 99_999, b"\0" * MIB])
def test_an_endless_manifest_of_anything_is_cut_off(
    web: WebServer, tmp_path: Path, block: bytes
) -> None:
    web.handlers["/manifest.json"] = lambda handler: send_chunks_endlessly(handler, block)
    assert "damaged" in rejected(web, tmp_path / "here")
    assert web.sent < 4 * MIB + IN_FLIGHT
    assert not (tmp_path / "here").exists()


def test_an_endless_manifest_without_a_length_is_cut_off(web: WebServer, tmp_path: Path) -> None:
    def endless(handler: Handler) -> None:
        handler.send_head(Connection="close")
        handler.send_endlessly(b"x" * MIB)

    web.handlers["/manifest.json"] = endless
    assert "damaged" in rejected(web, tmp_path / "here")
    assert web.sent < 4 * MIB + IN_FLIGHT


def test_an_endless_manifest_in_the_right_form_is_cut_off(web: WebServer, tmp_path: Path) -> None:
    line = b'{"path": "README.md", "bytes": 1, "sha256": "%s"},\n' % sha("x").encode()

    def endless(handler: Handler) -> None:
        handler.send_head(Connection="close")
        handler.send(b'{\n "schema_version": 2,\n "files": [\n')
        handler.send_endlessly(line * 10_000)

    web.handlers["/manifest.json"] = endless
    limits = Limits(manifest_bytes=4 * MIB)
    assert "longer than the limit" in rejected(web, tmp_path / "here", limits=limits)
    assert web.sent < 6 * MIB + IN_FLIGHT


@pytest.mark.parametrize("length", [10**13, 10**30])
def test_a_manifest_with_a_long_content_length_is_not_read(
    web: WebServer, tmp_path: Path, length: int
) -> None:
    def too_long(handler: Handler) -> None:
        handler.send_head(**{"Content-Length": str(length)})
        handler.send_endlessly(b"x" * MIB)

    web.handlers["/manifest.json"] = too_long
    assert "longer than it should be" in rejected(web, tmp_path / "here")


def test_a_compressed_manifest_is_not_unpacked(web: WebServer, tmp_path: Path) -> None:
    web.handlers["/manifest.json"] = lambda handler: handler.respond(
        b"\x1f\x8b" + b"\0" * 100, **{"Content-Encoding": "gzip"}
    )
    assert "damaged" in rejected(web, tmp_path / "here")
    assert web.requests[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "path",
    [
        *(".git/hooks/post-checkout", "conftest.py", "../up", "/etc/cron.d/x", "CON", "README.md."),
        *(".annotate-pull", "data/x.py", "readme.md", "sitecustomize.py", "images/../../x"),
    ],
)
def test_file_names_that_no_release_has_are_rejected(
    web: WebServer, tmp_path: Path, path: str
) -> None:
    list_files(web, (path, 1))
    assert "which no release has" in rejected(web, tmp_path / "deep/here")
    assert not (tmp_path / "deep").exists()


def test_a_folder_with_other_files_is_unchanged(web: WebServer, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / ".git").mkdir(parents=True)
    (here / "README.md").write_text("mine")
    before = tree(here)
    assert "is not empty" in rejected(web, here)
    assert tree(here) == before


# --- sizes ---


def test_a_manifest_of_too_many_bytes_is_rejected(web: WebServer, tmp_path: Path) -> None:
    list_files(web, ("README.md", 10**14))
    assert "no more than" in rejected(web, tmp_path / "here")
    list_files(web, *((f"data/x-{n:05}-of-00400.parquet", 60 * 2**30) for n in range(400)))
    assert "no more than" in rejected(web, tmp_path / "here")
    list_files(web, ("README.md", 1), ("index.html", 1))
    assert "no more than 1 are" in rejected(web, tmp_path / "here", limits=Limits(files=1))
    assert not (tmp_path / "here").exists()


def test_free_space_is_checked_before_the_download(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = type("Usage", (), {"free": 100 * MIB})
    monkeypatch.setattr("annotate.transfer.target.shutil.disk_usage", lambda _: free)
    list_files(web, ("README.md", 90 * MIB))
    assert "lacks room" in rejected(web, tmp_path / "here")
    assert not (tmp_path / "here").exists()
    assert [path for path, _ in web.requests] == ["/manifest.json"]


@pytest.mark.parametrize("how", ["length", "chunked", "neither"])
def test_a_file_that_is_too_long_is_cut_off(web: WebServer, tmp_path: Path, how: str) -> None:
    def too_long(handler: Handler) -> None:
        if how == "chunked":
            send_chunks_endlessly(handler, b"x" * MIB)
            return
        handler.send_head(**({"Content-Length": str(10**12)} if how == "length" else {}))
        handler.send_endlessly(b"x" * MIB)

    list_files(web, ("README.md", 1000))
    web.handlers["/README.md"] = too_long
    assert re.search("longer than|damaged", rejected(web, tmp_path / "here"))
    assert web.sent < 2 * MIB + IN_FLIGHT


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 1000])
def test_a_file_with_other_content_than_listed_is_removed(
    web: WebServer, tmp_path: Path, data: bytes
) -> None:
    list_files(web, ("README.md", 1000))
    web.handlers["/README.md"] = lambda handler: handler.respond(data)
    assert "damaged" in rejected(web, tmp_path / "here")
    assert set(tree(tmp_path / "here")) == {".annotate-pull"}


def test_an_incomplete_file_is_removed(web: WebServer, tmp_path: Path) -> None:
    def incomplete(handler: Handler) -> None:
        handler.send_head(**{"Content-Length": "1000"})
        handler.send(b"x" * 10)
        handler.close_connection = True

    list_files(web, ("README.md", 1000))
    web.handlers["/README.md"] = incomplete
    rejected(web, tmp_path / "here")
    assert set(tree(tmp_path / "here")) == {".annotate-pull"}


# --- time ---


def slow_body(handler: Handler) -> None:
    handler.send_head(**{"Content-Length": "1000000"})
    handler.send_slowly(b"x")


def slow_chunks(handler: Handler) -> None:
    handler.send_head(**{"Transfer-Encoding": "chunked"})
    handler.send_slowly(b"1\r\nx\r\n")


def slow_header(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    handler.send_slowly(b"x")


def endless_continue(handler: Handler) -> None:
    handler.send_slowly(b"HTTP/1.1 100 Continue\r\n\r\n")


def silence(handler: Handler) -> None:
    handler.close_connection = True
    handler.web.closing.wait(20)


def silence_after_the_header(handler: Handler) -> None:
    handler.send_head(**{"Content-Length": "1000000"})
    silence(handler)


@pytest.mark.parametrize(
    "respond",
    [slow_body, slow_chunks, slow_header, endless_continue, silence, silence_after_the_header],
)
def test_a_stalled_server_ends_the_pull(web: WebServer, tmp_path: Path, respond: Any) -> None:
    web.handlers["/manifest.json"] = respond
    assert "cannot read" in rejected(web, tmp_path / "here", limits=PATIENCE)


def test_one_slow_file_among_many_ends_the_pull(web: WebServer, tmp_path: Path) -> None:
    web.handlers["/README.md"] = slow_body
    list_files(web, ("README.md", 1_000_000))
    assert "cannot read" in rejected(web, tmp_path / "here", limits=PATIENCE)


# --- invalid responses ---


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"HTTP/1.1 999999 X\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"HTTP/1.1 200 \x1b[2J\r\n\r\n",
        b"HTTP/1.1 500 \x1b[2J\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_an_invalid_response_gives_one_line(web: WebServer, tmp_path: Path, raw: bytes) -> None:
    def respond(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    web.handlers["/manifest.json"] = respond
    assert rejected(web, tmp_path / "here").isprintable()

"""With any response of a web server, a pull ends with a release or with a one-line error."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.release.manifest import MANIFEST, File, Manifest, content_hash
from annotate.transfer.http import _redirected
from annotate.transfer.limits import Limits
from tests.builders import sha
from tests.web_server import Handler, WebServer

FILES = (File(path="README.md", bytes=4, sha256=sha("card")),)
GOOD = (
    Manifest(
        version="v1",
        content_sha256=content_hash(FILES),
        counts={},
        step_keys={},
        files=FILES,
    )
    .sealed()
    .to_bytes()
)
LIMITS = Limits(response_seconds=5, stall_seconds=5)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    with WebServer(tmp_path_factory.mktemp("served")) as server:
        yield server


HEADERS = st.dictionaries(
    st.sampled_from(
        ["Content-Length", "Transfer-Encoding", "Location", "Content-Encoding", "Connection", "X"]
    ),
    st.sampled_from(
        ["", "-1", "0", "4", "1e9", "99999999999", "chunked", "gzip", "close", "/x", "x"]
    )
    | st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=8),
    max_size=4,
)
RESPONSES = st.builds(
    lambda status, headers, body: (
        f"HTTP/1.1 {status} X\r\n".encode("latin-1")
        + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
        + b"\r\n"
        + body
    ),
    st.sampled_from([200, 200, 200, 100, 204, 206, 301, 302, 404, 500, 999]) | st.integers(),
    HEADERS,
    st.sampled_from([b"", b"card", b"4\r\ncard\r\n0\r\n\r\n", GOOD]) | st.binary(max_size=40),
) | st.binary(max_size=80)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(RESPONSES, st.sampled_from([MANIFEST, "README.md"]))
def test_any_response_ends_with_a_release_or_a_one_line_error(
    web: WebServer, raw: bytes, name: str
) -> None:
    def respond(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    web.handlers.clear()
    web.handlers[f"/{MANIFEST}"] = lambda handler: handler.respond(GOOD)
    web.handlers["/README.md"] = lambda handler: handler.respond(b"card")
    web.handlers[f"/{name}"] = respond
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        target = Path(folder) / "here"
        try:
            client.pull(web.url(), target, allow_private=True, limits=LIMITS)
        except AnnotateError as error:
            message, complete = str(error), False
        else:
            message, complete = "", True
        assert message.isprintable()
        assert complete == (target / MANIFEST).exists()
        if complete:
            assert (target / "README.md").read_bytes() == b"card"


URLS = st.text(st.sampled_from("htpsfile:/@[]%.#?\\ ax1\x00\té"), max_size=20)


@settings(max_examples=300, deadline=None)
@given(URLS | URLS.map(lambda rest: "http://" + rest) | URLS.map(lambda rest: "//" + rest))
def test_a_redirect_gives_an_https_url_or_a_one_line_error(location: str) -> None:
    try:
        target = _redirected("https://data.example/v1/manifest.json", location, "the source")
    except AnnotateError as error:
        message = str(error)
    else:
        authority = re.split(r"[/?#]", target.removeprefix("https://"))[0]
        message = "" if target.startswith("https://") and "@" not in authority else "\n"
    assert "\n" not in message

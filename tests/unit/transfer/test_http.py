"""Pulling from a normal server, and the requests to it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.transfer import fetch
from annotate.transfer.http import REDIRECTS, _redirected
from tests.release_builders import tree
from tests.web_server import Handler, WebServer


def test_a_release_is_pulled_over_few_connections(
    web: WebServer, release: Path, tmp_path: Path
) -> None:
    root = client.pull(web.url(), tmp_path / "here", allow_private=True)
    assert tree(root) == tree(release)
    assert len(web.requests) == len(tree(release))
    assert web.connections <= fetch.THREADS + 1


def test_a_release_is_loaded_over_http(web: WebServer, release: Path) -> None:
    loaded = client.load(web.url(), allow_private=True)
    assert loaded.equals(client.load(release))
    assert client.manifest(web.url("/"), allow_private=True) == client.manifest(release)


def test_an_interrupted_pull_resumes(web: WebServer, release: Path, tmp_path: Path) -> None:
    web.handlers["/README.md"] = lambda handler: handler.send_error(500)
    with pytest.raises(AnnotateError, match="status is 500"):
        client.pull(web.url(), tmp_path / "here", allow_private=True)
    assert not (tmp_path / "here/manifest.json").exists()
    web.handlers.clear()
    client.pull(web.url(), tmp_path / "here", allow_private=True)
    assert tree(tmp_path / "here") == tree(release)


def test_a_closed_connection_is_reopened(web: WebServer, release: Path) -> None:
    def close(handler: Handler) -> None:
        handler._serve("/manifest.json")
        handler.close_connection = True  # without the header `Connection: close`

    web.handlers["/manifest.json"] = close
    assert client.load(web.url(), allow_private=True).equals(client.load(release))


def test_a_redirect_is_followed_and_the_query_is_repeated(web: WebServer, release: Path) -> None:
    for name in tree(release):
        web.handlers[f"/moved here/{name}".replace(" ", "%20")] = lambda handler: handler.respond(
            b"", 302, Location=handler.path.replace("/moved%20here", "").split("?")[0] + "?b=2"
        )
    loaded = client.load(f"{web.url()}/moved here/?a=1", allow_private=True)
    assert loaded.equals(client.load(release))
    assert {path.partition("?")[2] for path, _ in web.requests} == {"a=1", "b=2"}


def test_the_number_of_redirects_is_limited(web: WebServer, tmp_path: Path) -> None:
    web.handlers["/manifest.json"] = lambda handler: handler.respond(
        b"", 301, Location="/manifest.json"
    )
    with pytest.raises(AnnotateError, match="without end"):
        client.pull(web.url(), tmp_path / "here", allow_private=True)
    assert len(web.requests) == REDIRECTS + 1


@pytest.mark.parametrize(
    "location",
    [
        *("file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x", "gopher://h/", "", "//"),
        *("http://user:word@127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"),
    ],
)
def test_a_redirect_to_another_scheme_or_invalid_url_is_rejected(
    web: WebServer, tmp_path: Path, location: str
) -> None:
    web.handlers["/manifest.json"] = lambda handler: handler.respond(b"", 302, Location=location)
    with pytest.raises(AnnotateError, match="redirects"):
        client.pull(web.url(), tmp_path / "here", allow_private=True)


def test_a_redirect_from_https_to_http_is_rejected() -> None:
    with pytest.raises(AnnotateError, match="redirects elsewhere"):
        _redirected("https://a/x", "http://a/x", "https://a")
    assert _redirected("https://a/x", "/y z", "https://a") == "https://a/y%20z"


def test_a_login_is_sent_only_to_its_server(web: WebServer, release: Path, tmp_path: Path) -> None:
    with WebServer(release) as other:
        web.handlers["/index.html"] = lambda handler: handler.respond(
            b"", 302, Location=other.url("/index.html")
        )
        source = web.url(host="kim:a%20word@127.0.0.1")
        client.pull(source, tmp_path / "here", allow_private=True)
        assert len(other.requests) == 1
        assert not {"Authorization", "Cookie"} & set(other.requests[0][1])
    logins = {headers.get("Authorization") for _, headers in web.requests}
    assert logins == {"Basic " + base64.b64encode(b"kim:a word").decode()}


def test_errors_contain_no_password(web: WebServer, tmp_path: Path) -> None:
    web.handlers["/manifest.json"] = lambda handler: handler.send_error(403)
    with pytest.raises(AnnotateError) as caught:
        client.pull(web.url(host="kim:secret@127.0.0.1"), tmp_path / "here", allow_private=True)
    assert "requires a login" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://h:port/", "https://[x]/"])
def test_an_invalid_url_gives_one_line(url: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"cannot read|cannot find"):
        client.pull(url, tmp_path / "here", allow_private=True)


def test_a_missing_file_is_named(web: WebServer, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"is not a release: it has no manifest\.json"):
        client.pull(web.url("/nowhere"), tmp_path / "here", allow_private=True)
    web.handlers["/README.md"] = lambda handler: handler.send_error(404)
    with pytest.raises(AnnotateError, match=r"incomplete: it lacks README\.md"):
        client.pull(web.url(), tmp_path / "here", allow_private=True)

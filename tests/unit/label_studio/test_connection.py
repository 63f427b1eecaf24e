"""Attempts, errors and files over one connection. The server is a stub in this process."""

from collections.abc import Iterator

import httpx
import pytest

from annotate.label_studio.client import Studio
from annotate.label_studio.connection import ATTEMPTS
from annotate.model.errors import AnnotateError, RejectedError
from tests.unit.label_studio.answers import LEGACY, URL, Stub, always, in_turn


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_tried_again_while_the_server_falters(status: int) -> None:
    stub = in_turn(httpx.Response(status), httpx.Response(200, json={"email": "op@example.org"}))
    assert stub.studio().account() == "op@example.org"


def test_a_read_is_not_tried_for_ever() -> None:
    stub = always(503)
    with pytest.raises(AnnotateError, match="HTTP 503"):
        stub.studio().account()
    assert len(stub.asked) == ATTEMPTS


def test_what_the_server_says_is_wrong_is_passed_on() -> None:
    said = {"detail": "Validation error", "validation_errors": {"x": ["no such key"]}}
    with pytest.raises(AnnotateError, match=r"HTTP 400 to /api/projects/1/import: .*no such key"):
        always(400, json=said).studio().import_tasks(1, [{"data": {}}])


@pytest.mark.parametrize("content", [{"text": "<html>oops"}, {"json": []}, {"json": {}}])
def test_a_server_that_says_nothing_of_use_is_not_quoted(content: dict[str, object]) -> None:
    with pytest.raises(AnnotateError, match=r"HTTP 400 to /api/projects/1/import$"):
        always(400, **content).studio().import_tasks(1, [{"data": {}}])


def test_a_refusal_is_not_asked_again() -> None:
    stub = always(401)
    with pytest.raises(AnnotateError, match="make a new one"):
        stub.studio().account()
    assert len(stub.asked) == 1


def test_a_write_that_may_have_arrived_is_not_repeated() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer")

    stub = Stub(cut)
    with pytest.raises(AnnotateError, match="can't be reached"):
        stub.studio().import_tasks(1, [{"data": {}}])
    assert len(stub.asked) == 1


def test_something_else_than_a_label_studio_is_told_from_one() -> None:
    with pytest.raises(AnnotateError, match="is it a Label Studio"):
        always(200, text="<html>welcome</html>").studio().account()


@pytest.mark.parametrize("url", ["studio.example.org", "ftp://studio", "https://", ""])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(AnnotateError, match="no address"):
        Studio(url, LEGACY)


def fetch_fails(stub: Stub, path: str, max_bytes: int = 100) -> str:
    with pytest.raises(RejectedError) as refused:
        stub.studio().fetch(path, max_bytes)
    return refused.value.reason


@pytest.mark.parametrize("path", ["/data/a.jpg", f"{URL}/data/a.jpg", f"{URL}:443/data/a.jpg"])
def test_a_file_of_the_server_is_fetched(path: str) -> None:
    stub = always(200, content=b"bytes")
    assert stub.studio().fetch(path, 5) == b"bytes"
    assert stub.asked[0].url.path == "/data/a.jpg"


def test_a_server_below_a_path_keeps_its_path() -> None:
    stub = always(200, content=b"bytes")
    studio = stub.studio(url=f"{URL}/studio/")
    studio.fetch("/data/a.jpg", 5)
    studio.fetch("/studio/data/a.jpg", 5)
    assert {request.url.path for request in stub.asked} == {"/studio/data/a.jpg"}


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example.org/a.jpg",
        "http://studio.example.org/a.jpg",
        "https://studio.example.org:8443/a.jpg",
        "https://studio.example.org.evil.org/a.jpg",
        "https://studio.example.org@evil.org/a.jpg",
        "//evil.org/a.jpg",
        "/\\evil.org/a.jpg\x00",
        "s3://bucket/a.jpg",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_nothing_is_asked_of_any_other_host(path: str) -> None:
    stub = always(200, content=b"bytes")
    assert fetch_fails(stub, path) == "other_host"
    assert not stub.asked


@pytest.mark.parametrize(
    "target", ["https://evil.org/a", "//evil.org/a", "http://studio.example.org/a"]
)
def test_a_redirect_off_the_server_is_not_followed(target: str) -> None:
    stub = always(302, headers={"Location": target})
    assert fetch_fails(stub, "/a") == "other_host"
    assert len(stub.asked) == 1


def test_a_redirect_within_the_server_is_followed() -> None:
    stub = in_turn(
        httpx.Response(302, headers={"Location": "/b?c=1"}), httpx.Response(200, content=b"bytes")
    )
    assert stub.studio().fetch("/a", 100) == b"bytes"
    assert [request.url.raw_path for request in stub.asked] == [b"/a", b"/b?c=1"]


def test_redirects_without_end_are_given_up() -> None:
    assert fetch_fails(always(302, headers={"Location": "/a"}), "/a") == "not_there"


def test_no_more_is_read_than_is_allowed() -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(10)

    stub = Stub(lambda request: httpx.Response(200, content=endless()))
    assert fetch_fails(stub, "/a", max_bytes=95) == "too_large"
    assert len(sent) == 10


def test_a_compressed_answer_is_refused_since_it_could_unfold_into_anything() -> None:
    headers = {"Content-Encoding": "gzip"}
    stub = Stub(lambda request: httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"x")))
    assert fetch_fails(stub, "/a") == "not_there"
    assert stub.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_that_is_not_there_is_the_files_fault(status: int) -> None:
    assert fetch_fails(always(status), "/a") == "not_there"


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_server_that_fails_says_nothing_about_the_file(status: int) -> None:
    with pytest.raises(AnnotateError):
        always(status).studio().fetch("/a", 100)


def test_a_download_that_breaks_off_is_fetched_again() -> None:
    def broken() -> Iterator[bytes]:
        yield b"by"
        raise httpx.ReadError("cut")

    stub = in_turn(httpx.Response(200, content=broken()), httpx.Response(200, content=b"bytes"))
    assert stub.studio().fetch("/a", 100) == b"bytes"


@pytest.mark.parametrize("there", [404, 200])
def test_a_file_is_sent_unless_it_is_there_in_full(there: int) -> None:
    looked = httpx.Response(there, headers={"Content-Length": "5"})
    stub = in_turn(looked, httpx.Response(201, json={"path": "/annotate/media/x"}))
    kept = stub.studio().recorder.keep(b"sound", "webm")
    methods = [request.method for request in stub.asked]
    assert methods == (["HEAD", "PUT"] if there == 404 else ["HEAD"])
    assert kept.startswith("/annotate/media/")


def test_a_file_of_another_length_is_sent_again() -> None:
    looked = httpx.Response(200, headers={"Content-Length": "3"})
    stub = in_turn(looked, httpx.Response(200, json={"path": "/annotate/media/x"}))
    assert stub.studio().recorder.keep(b"sound", "webm") == "/annotate/media/x"
    assert [request.method for request in stub.asked] == ["HEAD", "PUT"]


def test_a_server_that_falters_is_asked_again_what_it_has() -> None:
    stub = in_turn(httpx.Response(503), httpx.Response(200, headers={"Content-Length": "5"}))
    stub.studio().recorder.keep(b"sound", "webm")
    assert [request.method for request in stub.asked] == ["HEAD", "HEAD"]

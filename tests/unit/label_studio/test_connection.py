"""Retries, errors and files over one connection. The server is a stub in this process."""

from collections.abc import Iterator

import httpx
import pytest

from annotate.label_studio.client import Studio
from annotate.label_studio.connection import ATTEMPTS
from annotate.model.errors import AnnotateError, RejectedError
from tests.unit.label_studio.stub_server import (
    LEGACY,
    URL,
    StubServer,
    responding,
    responding_in_turn,
)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_retried_after_a_temporary_error(status: int) -> None:
    stub = responding_in_turn(
        httpx.Response(status), httpx.Response(200, json={"email": "op@example.org"})
    )
    assert stub.studio().account() == "op@example.org"


def test_retries_of_a_read_are_limited() -> None:
    stub = responding(503)
    with pytest.raises(AnnotateError, match="HTTP 503"):
        stub.studio().account()
    assert len(stub.requests) == ATTEMPTS


def test_an_error_contains_the_servers_validation_errors() -> None:
    content = {"detail": "Validation error", "validation_errors": {"x": ["no such key"]}}
    with pytest.raises(AnnotateError, match=r"HTTP 400 to /api/projects/1/import: .*no such key"):
        responding(400, json=content).studio().import_tasks(1, [{"data": {}}])


@pytest.mark.parametrize("content", [{"text": "<html>oops"}, {"json": []}, {"json": {}}])
def test_an_error_omits_a_response_without_details(content: dict[str, object]) -> None:
    with pytest.raises(AnnotateError, match=r"HTTP 400 to /api/projects/1/import$"):
        responding(400, **content).studio().import_tasks(1, [{"data": {}}])


def test_a_rejected_token_is_not_retried() -> None:
    stub = responding(401)
    with pytest.raises(AnnotateError, match="make a new one"):
        stub.studio().account()
    assert len(stub.requests) == 1


def test_a_write_that_may_have_arrived_is_not_retried() -> None:
    def time_out(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no response")

    stub = StubServer(time_out)
    with pytest.raises(AnnotateError, match="can't be reached"):
        stub.studio().import_tasks(1, [{"data": {}}])
    assert len(stub.requests) == 1


def test_a_server_other_than_label_studio_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="is it a Label Studio"):
        responding(200, text="<html>welcome</html>").studio().account()


@pytest.mark.parametrize("url", ["studio.example.org", "ftp://studio", "https://", ""])
def test_an_invalid_url_is_an_error(url: str) -> None:
    with pytest.raises(AnnotateError, match="no address"):
        Studio(url, LEGACY)


def rejection_of(stub: StubServer, path: str, max_bytes: int = 100) -> str:
    """The reason with which `fetch` rejects the file."""
    with pytest.raises(RejectedError) as caught:
        stub.studio().fetch(path, max_bytes)
    return caught.value.reason


@pytest.mark.parametrize("path", ["/data/a.jpg", f"{URL}/data/a.jpg", f"{URL}:443/data/a.jpg"])
def test_a_file_on_the_server_is_fetched(path: str) -> None:
    stub = responding(200, content=b"bytes")
    assert stub.studio().fetch(path, 5) == b"bytes"
    assert stub.requests[0].url.path == "/data/a.jpg"


def test_requests_to_a_server_below_a_path_include_the_path() -> None:
    stub = responding(200, content=b"bytes")
    studio = stub.studio(url=f"{URL}/studio/")
    studio.fetch("/data/a.jpg", 5)
    studio.fetch("/studio/data/a.jpg", 5)
    assert {request.url.path for request in stub.requests} == {"/studio/data/a.jpg"}


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
def test_no_request_is_sent_to_another_host(path: str) -> None:
    stub = responding(200, content=b"bytes")
    assert rejection_of(stub, path) == "other_host"
    assert not stub.requests


@pytest.mark.parametrize(
    "target", ["https://evil.org/a", "//evil.org/a", "http://studio.example.org/a"]
)
def test_a_redirect_to_another_host_is_not_followed(target: str) -> None:
    stub = responding(302, headers={"Location": target})
    assert rejection_of(stub, "/a") == "other_host"
    assert len(stub.requests) == 1


def test_a_redirect_within_the_server_is_followed() -> None:
    stub = responding_in_turn(
        httpx.Response(302, headers={"Location": "/b?c=1"}), httpx.Response(200, content=b"bytes")
    )
    assert stub.studio().fetch("/a", 100) == b"bytes"
    assert [request.url.raw_path for request in stub.requests] == [b"/a", b"/b?c=1"]


def test_an_endless_redirect_is_an_error() -> None:
    assert rejection_of(responding(302, headers={"Location": "/a"}), "/a") == "not_there"


def test_reading_stops_at_the_maximum_size() -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(10)

    stub = StubServer(lambda request: httpx.Response(200, content=endless()))
    assert rejection_of(stub, "/a", max_bytes=95) == "too_large"
    assert len(sent) == 10


def test_a_compressed_response_is_rejected_because_its_size_is_unknown() -> None:
    headers = {"Content-Encoding": "gzip"}
    stub = StubServer(
        lambda request: httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"x"))
    )
    assert rejection_of(stub, "/a") == "not_there"
    assert stub.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_missing_file_is_rejected(status: int) -> None:
    assert rejection_of(responding(status), "/a") == "not_there"


@pytest.mark.parametrize("status", [401, 500, 503])
def test_a_failing_server_does_not_reject_the_file(status: int) -> None:
    with pytest.raises(AnnotateError):
        responding(status).studio().fetch("/a", 100)


def test_an_interrupted_download_is_retried() -> None:
    def interrupted() -> Iterator[bytes]:
        yield b"by"
        raise httpx.ReadError("cut")

    stub = responding_in_turn(
        httpx.Response(200, content=interrupted()), httpx.Response(200, content=b"bytes")
    )
    assert stub.studio().fetch("/a", 100) == b"bytes"


@pytest.mark.parametrize("status", [404, 200])
def test_a_file_is_uploaded_unless_the_server_has_all_of_it(status: int) -> None:
    head = httpx.Response(status, headers={"Content-Length": "5"})
    stub = responding_in_turn(head, httpx.Response(201, json={"path": "/annotate/media/x"}))
    path = stub.studio().recorder.upload(b"sound", "webm")
    methods = [request.method for request in stub.requests]
    assert methods == (["HEAD", "PUT"] if status == 404 else ["HEAD"])
    assert path.startswith("/annotate/media/")


def test_a_file_of_another_length_is_uploaded_again() -> None:
    head = httpx.Response(200, headers={"Content-Length": "3"})
    stub = responding_in_turn(head, httpx.Response(200, json={"path": "/annotate/media/x"}))
    assert stub.studio().recorder.upload(b"sound", "webm") == "/annotate/media/x"
    assert [request.method for request in stub.requests] == ["HEAD", "PUT"]


def test_the_check_for_an_existing_file_is_retried() -> None:
    stub = responding_in_turn(
        httpx.Response(503), httpx.Response(200, headers={"Content-Length": "5"})
    )
    stub.studio().recorder.upload(b"sound", "webm")
    assert [request.method for request in stub.requests] == ["HEAD", "HEAD"]

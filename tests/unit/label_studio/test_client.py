"""What we ask of a server and what we make of its answers. The server is a stub in this process."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from annotate.label_studio.client import Studio
from annotate.label_studio.connection import ATTEMPTS
from annotate.model.errors import AnnotateError, RejectedError

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "head.body.signature"
URL = "https://studio.example.org"

Answer = Callable[[httpx.Request], httpx.Response]


class Stub:
    """A stub of a server: answers with a function and remembers what it was asked."""

    def __init__(self, answer: Answer):
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    def studio(self, token: str = LEGACY, url: str = URL) -> Studio:
        return Studio(url, token, transport=httpx.MockTransport(self), patience=0)


def always(status: int, **content: object) -> Stub:
    return Stub(lambda request: httpx.Response(status, **content))  # type: ignore[arg-type]


def in_turn(*answers: httpx.Response) -> Stub:
    waiting = list(answers)
    return Stub(lambda request: waiting.pop(0))


def test_a_legacy_token_signs_every_request() -> None:
    stub = always(200, json={"email": "op@example.org"})
    assert stub.studio().account() == "op@example.org"
    assert stub.asked[0].headers["Authorization"] == f"Token {LEGACY}"


def test_a_personal_token_is_exchanged_once_and_goes_nowhere_but_to_the_exchange() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": "short"})
        return httpx.Response(200, json={"email": "op@example.org"})

    stub = Stub(answer)
    studio = stub.studio(PERSONAL)
    studio.account()
    studio.account()
    paths = [request.url.path for request in stub.asked]
    assert paths.count("/api/token/refresh/") == 1
    for request in stub.asked:
        if request.url.path == "/api/token/refresh/":
            assert json.loads(request.content) == {"refresh": PERSONAL}
            assert "Authorization" not in request.headers
        else:
            assert request.headers["Authorization"] == "Bearer short"


def test_an_access_token_that_has_run_out_is_made_anew() -> None:
    made = iter(["first", "second"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh/":
            return httpx.Response(200, json={"access": next(made)})
        fresh = request.headers["Authorization"] == "Bearer second"
        return httpx.Response(200 if fresh else 401, json={"email": "op@example.org"})

    assert Stub(answer).studio(PERSONAL).account() == "op@example.org"


def test_a_personal_token_that_is_refused_is_told_as_such() -> None:
    with pytest.raises(AnnotateError, match="refuses the token"):
        always(401, json={}).studio(PERSONAL).account()


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


def projects(*titles: str) -> Stub:
    rows = [{"id": number, "title": title} for number, title in enumerate(titles, start=3)]
    return always(200, json={"count": len(rows), "results": rows})


def test_a_project_is_found_by_its_whole_title() -> None:
    stub = projects("annotate: record old", "annotate: record")
    assert stub.studio().project("annotate: record") == 4
    assert stub.asked[0].url.params["title"] == "annotate: record"


def test_a_project_is_found_by_its_id() -> None:
    stub = always(200, json={"id": 12})
    assert stub.studio().project("12") == 12
    assert stub.asked[0].url.path == "/api/projects/12/"


@pytest.mark.parametrize("titles", [(), ("other",), ("same", "same")])
def test_a_title_that_names_no_one_project_is_refused(titles: tuple[str, ...]) -> None:
    with pytest.raises(AnnotateError, match="name one by its id"):
        projects(*titles).studio().project("same")


def listing(total: int, page: int) -> Stub:
    """A stub that pages as the server does: by a filter on the id, `page` at a time."""

    def answer(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.url.params["query"])["filters"]["items"]
        after = next(one["value"] for one in items if one["filter"] == "filter:tasks:id")
        left = [number for number in range(1, total + 1) if number > after]
        tasks = [{"id": number, "data": {"key": f"k{number}"}} for number in left[:page]]
        return httpx.Response(200, json={"total": len(left), "tasks": tasks})

    return Stub(answer)


@pytest.mark.parametrize("total", [0, 1, 6, 7])
def test_every_task_is_listed_once_however_many_pages_it_takes(total: int) -> None:
    found = listing(total, 3).studio().changed_tasks(1, None)
    assert [task["id"] for task in found] == list(range(1, total + 1))


def test_only_what_changed_since_is_asked_for() -> None:
    stub = listing(2, 3)
    list(stub.studio().changed_tasks(7, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)))
    params = stub.asked[0].url.params
    assert (params["project"], params["fields"]) == ("7", "all")
    assert {
        "filter": "filter:tasks:updated_at",
        "operator": "greater",
        "type": "Datetime",
        "value": "2026-11-01T09:30:00Z",
    } in json.loads(params["query"])["filters"]["items"]


def test_the_values_of_a_field_are_gathered_over_all_pages() -> None:
    assert listing(5, 2).studio().task_data(1, "key") == {"k1", "k2", "k3", "k4", "k5"}
    assert listing(5, 2).studio().task_data(1, "other") == set()


def imported(request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json={"task_count": len(json.loads(request.content))})


def test_tasks_are_imported_in_chunks() -> None:
    stub, told = Stub(imported), []
    tasks = [{"data": {"n": number}} for number in range(1_001)]
    added = stub.studio().import_tasks(4, tasks, lambda done, total: told.append((done, total)))
    assert added == 1_001
    sent = [json.loads(request.content) for request in stub.asked]
    assert [len(chunk) for chunk in sent] == [500, 500, 1]
    assert [task for chunk in sent for task in chunk] == tasks
    assert told == [(500, 1001), (1000, 1001), (1001, 1001)]


def test_a_server_that_takes_fewer_tasks_than_it_was_given_is_not_believed() -> None:
    with pytest.raises(AnnotateError, match="took 1 of 2 tasks"):
        always(201, json={"task_count": 1}).studio().import_tasks(4, [{"data": {}}] * 2)


def test_an_uploaded_file_has_a_path() -> None:
    stub = in_turn(
        httpx.Response(201, json={"file_upload_ids": [9]}),
        httpx.Response(200, json={"id": 9, "file": "upload/4/ab-a.webm"}),
    )
    assert stub.studio().upload(4, "a.webm", b"sound") == "/data/upload/4/ab-a.webm"
    assert stub.asked[0].url.params["commit_to_project"] == "false"
    assert b"sound" in stub.asked[0].content


def test_an_upload_that_left_nothing_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="did not keep"):
        always(201, json={"file_upload_ids": []}).studio().upload(4, "a.webm", b"sound")


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

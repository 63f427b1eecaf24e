"""Requests to Label Studio and results from its responses. The server is a stub in this process."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from annotate.model.errors import AnnotateError
from tests.unit.label_studio.stub_server import StubServer, responding, responding_in_turn


def projects(*titles: str) -> StubServer:
    rows = [{"id": number, "title": title} for number, title in enumerate(titles, start=3)]
    return responding(200, json={"count": len(rows), "results": rows})


def test_a_project_is_found_by_its_whole_title() -> None:
    stub = projects("annotate: record old", "annotate: record")
    assert stub.studio().project("annotate: record") == 4
    assert stub.requests[0].url.params["title"] == "annotate: record"


def test_a_project_is_found_by_its_id() -> None:
    stub = responding(200, json={"id": 12})
    assert stub.studio().project("12") == 12
    assert stub.requests[0].url.path == "/api/projects/12/"


@pytest.mark.parametrize("titles", [(), ("other",), ("same", "same")])
def test_a_title_of_no_or_several_projects_is_rejected(titles: tuple[str, ...]) -> None:
    with pytest.raises(AnnotateError, match="name one by its id"):
        projects(*titles).studio().project("same")


def listing(total: int, page: int) -> StubServer:
    """A stub that paginates as the server does: by a filter on the id, `page` tasks each."""

    def respond(request: httpx.Request) -> httpx.Response:
        items = json.loads(request.url.params["query"])["filters"]["items"]
        after = next(one["value"] for one in items if one["filter"] == "filter:tasks:id")
        remaining = [number for number in range(1, total + 1) if number > after]
        tasks = [{"id": number, "data": {"key": f"k{number}"}} for number in remaining[:page]]
        return httpx.Response(200, json={"total": len(remaining), "tasks": tasks})

    return StubServer(respond)


@pytest.mark.parametrize("total", [0, 1, 6, 7])
def test_every_task_is_listed_once_over_all_pages(total: int) -> None:
    found = listing(total, 3).studio().changed_tasks(1, None)
    assert [task["id"] for task in found] == list(range(1, total + 1))


def test_only_tasks_changed_since_then_are_requested() -> None:
    stub = listing(2, 3)
    list(stub.studio().changed_tasks(7, datetime(2026, 11, 1, 9, 30, tzinfo=UTC)))
    params = stub.requests[0].url.params
    assert (params["project"], params["fields"]) == ("7", "all")
    assert {
        "filter": "filter:tasks:updated_at",
        "operator": "greater",
        "type": "Datetime",
        "value": "2026-11-01T09:30:00Z",
    } in json.loads(params["query"])["filters"]["items"]


def test_the_data_of_all_tasks_is_collected_over_all_pages() -> None:
    found = listing(5, 2).studio().task_data(1)
    assert {task: data["key"] for task, data in found.items()} == {
        number: f"k{number}" for number in range(1, 6)
    }


def imported(request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json={"task_count": len(json.loads(request.content))})


def test_tasks_are_imported_in_chunks() -> None:
    stub, progress = StubServer(imported), []
    tasks = [{"data": {"n": number}} for number in range(1_001)]
    added = stub.studio().import_tasks(4, tasks, lambda done, total: progress.append((done, total)))
    assert added == 1_001
    sent = [json.loads(request.content) for request in stub.requests]
    assert [len(chunk) for chunk in sent] == [500, 500, 1]
    assert [task for chunk in sent for task in chunk] == tasks
    assert progress == [(500, 1001), (1000, 1001), (1001, 1001)]


def test_an_import_of_fewer_tasks_than_sent_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="imported 1 of 2 tasks"):
        responding(201, json={"task_count": 1}).studio().import_tasks(4, [{"data": {}}] * 2)


def test_upload_returns_the_path_of_the_file() -> None:
    stub = responding_in_turn(
        httpx.Response(201, json={"file_upload_ids": [9]}),
        httpx.Response(200, json={"id": 9, "file": "upload/4/ab-a.webm"}),
    )
    assert stub.studio().upload(4, "a.webm", b"sound") == "/data/upload/4/ab-a.webm"
    assert stub.requests[0].url.params["commit_to_project"] == "false"
    assert b"sound" in stub.requests[0].content


def test_an_upload_that_stored_no_file_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="did not store"):
        responding(201, json={"file_upload_ids": []}).studio().upload(4, "a.webm", b"sound")

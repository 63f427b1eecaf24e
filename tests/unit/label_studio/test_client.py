"""What we ask of a server and what we make of its answers. It is a stub in this process."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from annotate.model.errors import AnnotateError
from tests.unit.label_studio.answers import Stub, always, in_turn


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


def test_the_data_of_all_tasks_is_gathered_over_all_pages() -> None:
    found = listing(5, 2).studio().task_data(1)
    assert {task: data["key"] for task, data in found.items()} == {
        number: f"k{number}" for number in range(1, 6)
    }


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


def test_an_import_of_fewer_tasks_than_sent_is_an_error() -> None:
    with pytest.raises(AnnotateError, match="imported 1 of 2 tasks"):
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
    with pytest.raises(AnnotateError, match="did not store"):
        always(201, json={"file_upload_ids": []}).studio().upload(4, "a.webm", b"sound")

"""Calls of label-studio-sdk over our own connection: requests, results and errors."""

import base64
import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from annotate.label_studio.client import Studio
from annotate.label_studio.connection import TIMEOUT_SECONDS, Connection
from annotate.model.errors import AnnotateError
from tests.unit.label_studio.stub_server import (
    LEGACY,
    URL,
    StubServer,
    responding,
    responding_in_turn,
)

TASK = {
    "id": 3,
    "data": {"caption_id": "c", "nothing": None, "id": "7", "at": "2026-11-01T09:00:00Z"},
    "created_at": "2026-11-01T09:00:00.120000Z",
    "updated_at": "2026-11-01T09:00:00.120000Z",
    "annotations": [{"id": 1, "updated_at": "2026-11-01T09:00:00Z", "result": [{"value": {}}]}],
    "predictions": [{"id": 2, "created_at": "2026-11-01T09:00:00Z", "result": []}],
    "unknown_field": [1],
}


def error_of(stub: StubServer, call: Callable[[Studio], object]) -> AnnotateError:
    """The error that a call raises."""
    with pytest.raises(AnnotateError) as caught:
        call(stub.studio())
    return caught.value


def test_a_listed_task_is_unchanged() -> None:
    stub = responding(200, json={"total": 1, "tasks": [TASK]})
    assert list(stub.studio().changed_tasks(1, None)) == [TASK]


def test_accounts_are_listed_by_their_ids() -> None:
    stub = responding(200, json=[{"id": 5, "email": "ann@example.org", "username": "ann"}])
    assert stub.studio().people() == {5: "ann@example.org"}
    assert stub.requests[0].url.path == "/api/users/"


def test_imported_tasks_are_sent_unchanged() -> None:
    task = {"data": TASK["data"], "predictions": [{"model_version": "m", "result": [{"a": [1.5]}]}]}
    stub = responding(201, json={"task_count": 1})
    assert stub.studio().import_tasks(1, [task]) == 1
    assert json.loads(stub.requests[0].content) == [task]


def test_a_call_has_the_timeout_of_any_request() -> None:
    stub = responding(200, json={"email": "op@example.org"})
    stub.studio().account()
    assert set(stub.requests[0].extensions["timeout"].values()) == {TIMEOUT_SECONDS}


@pytest.mark.parametrize("prefix", ["", "/studio", "/studio/"])
def test_calls_include_the_path_that_the_server_is_below(prefix: str) -> None:
    stub = responding(200, json={"email": "op@example.org"})
    stub.studio(url=URL + prefix).account()
    assert stub.requests[0].url.path == prefix.rstrip("/") + "/api/current-user/whoami"


@pytest.mark.parametrize("status", [302, 400, 404, 409, 418])
@pytest.mark.parametrize("content", [{"json": {"detail": "so it is"}}, {"text": "<html>"}])
def test_an_error_contains_status_path_and_detail(status: int, content: dict[str, Any]) -> None:
    stub = responding(status, **content)
    error = error_of(stub, lambda studio: studio.project("12"))
    detail = ": so it is" if "json" in content else ""
    assert (
        str(error) == f"Label Studio at {URL} responds HTTP {status} to /api/projects/12/{detail}"
    )
    assert isinstance(error.__cause__, httpx.HTTPStatusError)
    assert error.__cause__.response.status_code == status
    assert len(stub.requests) == 1


@pytest.mark.parametrize("content", [b"{}", b"<html>"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_traceback_contains_no_cookie_of_the_server(status: int, content: bytes) -> None:
    stub = responding(status, content=content, headers={"Set-Cookie": "sessionid=secret"})
    error = error_of(stub, lambda studio: studio.import_tasks(1, [{"data": {}}]))
    assert "secret" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"email": "\xff"}'])
def test_a_response_without_json_is_an_error(content: bytes) -> None:
    error = error_of(responding(200, content=content), lambda studio: studio.account())
    assert str(error) == (
        f"{URL} does not respond to api/current-user/whoami with JSON: is it a Label Studio?"
    )


@pytest.mark.parametrize("error", [httpx.ConnectError("no"), httpx.RemoteProtocolError("cut")])
def test_the_sdk_retries_no_write_after_a_connection_error(error: Exception) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise error

    stub = StubServer(broken)
    assert "can't be reached" in str(error_of(stub, lambda studio: studio.change_task(1, {})))
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_the_sdk_retries_no_rejected_write(status: int) -> None:
    stub = responding(status, headers={"Retry-After": "30"})
    assert f"HTTP {status}" in str(error_of(stub, lambda studio: studio.change_task(1, {})))
    assert len(stub.requests) == 1


def test_a_task_deleted_by_another_process_is_not_an_error() -> None:
    rows = [{"id": number, "data": {"key": "same"}} for number in (1, 2)]
    listed = httpx.Response(200, json={"total": 2, "tasks": rows})
    assert responding_in_turn(listed, httpx.Response(404)).studio().remove_duplicates(1, "key") == 0


def test_the_sdk_does_not_check_or_refresh_the_token() -> None:
    parts = [json.dumps(one).encode() for one in ({"alg": "HS256", "typ": "JWT"}, {"exp": 1})]
    token = ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in [*parts, b"x"])

    def respond(request: httpx.Request) -> httpx.Response:
        content = (
            {"access": "short"} if "refresh" in request.url.path else {"email": "op@example.org"}
        )
        return httpx.Response(200, json=content)

    stub = StubServer(respond)
    assert stub.studio(token).account() == "op@example.org"
    assert [one.headers.get("Authorization") for one in stub.requests] == [None, "Bearer short"]


def test_threads_get_their_own_errors_and_results() -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rstrip("/").rpartition("/")[2])
        content = {"id": number, "data": {"number": number}}
        return httpx.Response(404 if number % 2 else 200, json=content)

    with closing(Connection(URL, LEGACY, httpx.MockTransport(respond), 0.0)) as connection:

        def task_id_or_error(number: int) -> str:
            try:
                return str(connection.read_json(lambda sdk: sdk.tasks.get(str(number)))["id"])
            except AnnotateError as error:
                return str(error)

        with ThreadPoolExecutor(8) as pool:
            for number, result in enumerate(pool.map(task_id_or_error, range(100))):
                expected = f"tasks/{number}/" in result if number % 2 else result == str(number)
                assert expected


def modules_loaded_by(code: str) -> set[str]:
    code += (
        "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_only_calls_of_the_api_load_the_sdk() -> None:
    show_help = "import sys; from annotate.cli import main\nsys.argv[1:] = ['studio', '--help']\n"
    show_help += "try: main()\nexcept SystemExit: pass\nimport annotate.label_studio.client"
    assert modules_loaded_by(show_help) & {"httpx", "label_studio_sdk", "pandas"} == set()
    make_client = "from annotate.label_studio.client import Studio; Studio('http://a.test', 'x')"
    assert modules_loaded_by(make_client) & {"httpx", "label_studio_sdk"} == {"httpx"}

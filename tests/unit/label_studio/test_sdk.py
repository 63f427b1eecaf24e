"""Calls of label-studio-sdk over our own connection: what is sent, what comes back, what fails."""

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
from tests.unit.label_studio.answers import LEGACY, URL, Stub, always, in_turn

TASK = {
    "id": 3,
    "data": {"caption_id": "c", "nothing": None, "id": "7", "at": "2026-11-01T09:00:00Z"},
    "created_at": "2026-11-01T09:00:00.120000Z",
    "updated_at": "2026-11-01T09:00:00.120000Z",
    "annotations": [{"id": 1, "updated_at": "2026-11-01T09:00:00Z", "result": [{"value": {}}]}],
    "predictions": [{"id": 2, "created_at": "2026-11-01T09:00:00Z", "result": []}],
    "unheard_of": [1],
}


def fails(stub: Stub, ask: Callable[[Studio], object]) -> AnnotateError:
    with pytest.raises(AnnotateError) as caught:
        ask(stub.studio())
    return caught.value


def test_a_task_comes_as_the_server_wrote_it() -> None:
    stub = always(200, json={"total": 1, "tasks": [TASK]})
    assert list(stub.studio().changed_tasks(1, None)) == [TASK]


def test_accounts_are_listed_by_their_ids() -> None:
    stub = always(200, json=[{"id": 5, "email": "ann@example.org", "username": "ann"}])
    assert stub.studio().people() == {5: "ann@example.org"}
    assert stub.asked[0].url.path == "/api/users/"


def test_what_is_imported_goes_out_unchanged() -> None:
    task = {"data": TASK["data"], "predictions": [{"model_version": "m", "result": [{"a": [1.5]}]}]}
    stub = always(201, json={"task_count": 1})
    assert stub.studio().import_tasks(1, [task]) == 1
    assert json.loads(stub.asked[0].content) == [task]


def test_a_call_has_the_time_that_any_request_has() -> None:
    stub = always(200, json={"email": "op@example.org"})
    stub.studio().account()
    assert set(stub.asked[0].extensions["timeout"].values()) == {TIMEOUT_SECONDS}


@pytest.mark.parametrize("prefix", ["", "/studio", "/studio/"])
def test_a_server_below_a_path_is_asked_there(prefix: str) -> None:
    stub = always(200, json={"email": "op@example.org"})
    stub.studio(url=URL + prefix).account()
    assert stub.asked[0].url.path == prefix.rstrip("/") + "/api/current-user/whoami"


@pytest.mark.parametrize("status", [302, 400, 404, 409, 418])
@pytest.mark.parametrize("content", [{"json": {"detail": "so it is"}}, {"text": "<html>"}])
def test_an_answer_that_says_no_is_told_as_such(status: int, content: dict[str, Any]) -> None:
    stub = always(status, **content)
    error = fails(stub, lambda studio: studio.project("12"))
    told = ": so it is" if "json" in content else ""
    assert str(error) == f"Label Studio at {URL} responds HTTP {status} to /api/projects/12/{told}"
    assert isinstance(error.__cause__, httpx.HTTPStatusError)
    assert error.__cause__.response.status_code == status
    assert len(stub.asked) == 1


@pytest.mark.parametrize("content", [b"{}", b"<html>"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_traceback_holds_no_cookie_of_the_server(status: int, content: bytes) -> None:
    stub = always(status, content=content, headers={"Set-Cookie": "sessionid=secret"})
    error = fails(stub, lambda studio: studio.import_tasks(1, [{"data": {}}]))
    assert "secret" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("content", [b"<html>", b"", b'{"email": "\xff"}'])
def test_an_answer_that_is_no_json_is_told_as_such(content: bytes) -> None:
    error = fails(always(200, content=content), lambda studio: studio.account())
    assert str(error) == (
        f"{URL} does not respond to api/current-user/whoami with JSON: is it a Label Studio?"
    )


@pytest.mark.parametrize("trouble", [httpx.ConnectError("no"), httpx.RemoteProtocolError("cut")])
def test_the_sdk_repeats_no_write_that_did_not_come_through(trouble: Exception) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise trouble

    stub = Stub(broken)
    assert "can't be reached" in str(fails(stub, lambda studio: studio.change_task(1, {})))
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_the_sdk_repeats_no_write_that_was_refused(status: int) -> None:
    stub = always(status, headers={"Retry-After": "30"})
    assert f"HTTP {status}" in str(fails(stub, lambda studio: studio.change_task(1, {})))
    assert len(stub.asked) == 1


def test_a_task_that_another_process_deleted_counts_as_gone() -> None:
    rows = [{"id": number, "data": {"key": "same"}} for number in (1, 2)]
    listed = httpx.Response(200, json={"total": 2, "tasks": rows})
    assert in_turn(listed, httpx.Response(404)).studio().remove_duplicates(1, "key") == 0


def test_the_token_is_never_the_sdks_to_judge_or_renew() -> None:
    parts = [json.dumps(one).encode() for one in ({"alg": "HS256", "typ": "JWT"}, {"exp": 1})]
    token = ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in [*parts, b"x"])

    def answer(request: httpx.Request) -> httpx.Response:
        told = {"access": "short"} if "refresh" in request.url.path else {"email": "op@example.org"}
        return httpx.Response(200, json=told)

    stub = Stub(answer)
    assert stub.studio(token).account() == "op@example.org"
    assert [one.headers.get("Authorization") for one in stub.asked] == [None, "Bearer short"]


def test_threads_get_their_own_errors_and_answers() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.rstrip("/").rpartition("/")[2])
        told = {"id": number, "data": {"number": number}}
        return httpx.Response(404 if number % 2 else 200, json=told)

    with closing(Connection(URL, LEGACY, httpx.MockTransport(answer), 0.0)) as connection:

        def ask(number: int) -> str:
            try:
                return str(connection.read_json(lambda sdk: sdk.tasks.get(str(number)))["id"])
            except AnnotateError as error:
                return str(error)

        with ThreadPoolExecutor(8) as pool:
            for number, told in enumerate(pool.map(ask, range(100))):
                assert (told == str(number)) if number % 2 == 0 else (f"tasks/{number}/" in told)


def loaded_by(code: str) -> set[str]:
    code += (
        "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_only_who_calls_the_api_loads_the_sdk() -> None:
    helped = "import sys; from annotate.cli import main\nsys.argv[1:] = ['studio', '--help']\n"
    helped += "try: main()\nexcept SystemExit: pass\nimport annotate.label_studio.client"
    assert loaded_by(helped) & {"httpx", "label_studio_sdk", "pandas"} == set()
    made = "from annotate.label_studio.client import Studio; Studio('http://a.test', 'x')"
    assert loaded_by(made) & {"httpx", "label_studio_sdk"} == {"httpx"}

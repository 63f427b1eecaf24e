"""What the recorder's endpoints reject: others' recordings, and malformed or too large uploads."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from annotate.ingest.traces import parse_trace
from tests.e2e.studio import server
from tests.e2e.studio.server import ANN, BEA, PIPE, REV, Project, Studio
from tests.e2e.studio.uploads import AUDIO, TRACE, meta, upload

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def stored_files(studio: Studio) -> set[Path]:
    return set(studio.recordings.glob("*")) if studio.recordings.exists() else set()


def assert_rejected(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert response.json()["message"]


LogIn = Callable[[str], httpx.Client]


@pytest.fixture
def ann(log_in: LogIn) -> httpx.Client:
    return log_in(ANN)


@pytest.fixture
def task(project: Project) -> int:
    return project.tasks[0]


def test_an_upload_is_confirmed_by_its_hash_and_repeating_it_changes_nothing(
    studio: Studio, ann: httpx.Client, task: int
) -> None:
    first = upload(ann, task)
    assert first.status_code == 201
    reference = first.json()
    assert reference["sha256"] == hashlib.sha256(AUDIO).hexdigest()
    assert reference["bytes"] == len(AUDIO)
    assert reference["media_type"] == "audio/webm"
    assert reference["consent"] == {
        "scope": "public",
        "statement": "tests-v1",
        "at": "2026-11-01T08:00:00+00:00",
    }
    files = stored_files(studio)
    again = upload(ann, task)
    assert (again.status_code, again.json()) == (200, reference)
    assert stored_files(studio) == files
    file = studio.recordings / f"{reference['recording']}.webm"
    assert file.read_bytes() == AUDIO
    assert ann.get(f"/annotate/tasks/{task}/protocol").json()["earlier"] == reference


def test_audio_and_trace_are_served_in_full_and_audio_in_ranges(
    ann: httpx.Client, task: int
) -> None:
    name = upload(ann, task).json()["recording"]
    full = ann.get(f"/annotate/recordings/{name}")
    assert (full.status_code, full.content) == (200, AUDIO)
    assert full.headers["content-type"] == "audio/webm"
    part = ann.get(f"/annotate/recordings/{name}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, AUDIO[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(AUDIO)}"
    beyond = ann.get(f"/annotate/recordings/{name}", headers={"Range": f"bytes={len(AUDIO)}-"})
    assert_rejected(beyond, 416, "bad_range")
    trace = ann.get(f"/annotate/recordings/{name}/trace")
    assert trace.json() == TRACE
    assert parse_trace(trace.content).points[0].x_frac == 1


def test_without_a_session_every_request_is_rejected(
    studio: Studio, ann: httpx.Client, task: int
) -> None:
    name = upload(ann, task).json()["recording"]
    files = stored_files(studio)
    with httpx.Client(base_url=studio.url, timeout=60) as anonymous:
        anonymous.get("/user/login/")
        token = {"X-CSRFToken": anonymous.cookies["csrftoken"]}
        assert_rejected(upload(anonymous, task, headers=token), 401, "not_logged_in")
        assert_rejected(anonymous.get(f"/annotate/tasks/{task}/protocol"), 401, "not_logged_in")
        assert_rejected(anonymous.get(f"/annotate/recordings/{name}"), 401, "not_logged_in")
        assert_rejected(anonymous.get(f"/annotate/recordings/{name}/trace"), 401, "not_logged_in")
        for wrong in ("Token " + "0" * 40, "Bearer nonsense", "Token"):
            response = anonymous.get(
                f"/annotate/recordings/{name}", headers={"Authorization": wrong}
            )
            assert_rejected(response, 401, "not_logged_in")
    assert stored_files(studio) == files


def test_a_recording_is_read_by_its_annotator_reviewers_and_the_pipeline_only(
    studio: Studio, ann: httpx.Client, task: int, log_in: LogIn
) -> None:
    path = f"/annotate/recordings/{upload(ann, task).json()['recording']}"
    bea, rev, admin = (log_in(who) for who in (BEA, REV, server.ADMIN))
    for address in (path, f"{path}/trace"):
        assert ann.get(address).status_code == 200
        assert rev.get(address).status_code == 200
        assert_rejected(bea.get(address), 404, "no_such_recording")
        assert_rejected(admin.get(address), 404, "no_such_recording")
        with studio.api() as by_legacy_token:
            assert by_legacy_token.get(address).status_code == 200
        for who, status in ((PIPE, 200), (ANN, 404), (REV, 404)):
            with studio.bearer(who) as by_token:
                assert by_token.get(address).status_code == status
    # Another annotator's recording isn't returned as Bea's earlier one.
    assert bea.get(f"/annotate/tasks/{task}/protocol").json()["earlier"] is None


def test_a_missing_or_wrong_csrf_token_is_rejected(
    studio: Studio, ann: httpx.Client, task: int
) -> None:
    files = stored_files(studio)
    del ann.headers["X-CSRFToken"]
    assert_rejected(upload(ann, task), 403, "csrf")
    assert_rejected(upload(ann, task, headers={"X-CSRFToken": "x" * 64}), 403, "csrf")
    assert stored_files(studio) == files


def test_a_foreign_origin_is_rejected_here_and_in_label_studios_own_api(
    studio: Studio, ann: httpx.Client, project: Project
) -> None:
    files = stored_files(studio)
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        assert_rejected(upload(ann, project.tasks[0], headers=headers), 403, "foreign_origin")
        renamed = ann.patch(f"/api/projects/{project.id}/", json={"title": "mine"}, headers=headers)
        assert_rejected(renamed, 403, "foreign_origin")
    assert upload(ann, project.tasks[0], headers={"Origin": studio.url}).status_code == 201
    assert stored_files(studio) > files
    read = ann.get("/annotate/session", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in read.headers


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"MZ" + bytes(100),
        b"#EXTM3U\nfile:///etc/passwd",
    ],
    ids=["html", "png", "exe", "playlist"],
)
def test_content_that_is_not_audio_is_rejected_despite_its_name_and_type(
    studio: Studio, ann: httpx.Client, task: int, content: bytes
) -> None:
    files = stored_files(studio)
    assert_rejected(upload(ann, task, content, "recording.webm"), 415, "not_audio")
    assert stored_files(studio) == files


def test_a_body_of_200_mb_is_rejected_before_it_is_sent(studio: Studio, ann: httpx.Client) -> None:
    """Only the headers and 1 KB of the body are sent; the server must respond anyway."""
    host, port = studio.url.removeprefix("http://").split(":")
    cookies = "; ".join(f"{name}={value}" for name, value in ann.cookies.items())
    head = (
        f"POST /annotate/recordings HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\n"
        f"X-CSRFToken: {ann.headers['X-CSRFToken']}\r\nContent-Length: {200 * 2**20}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"--x\r\n" + bytes(1000))
        response = connection.recv(65536)
    assert response.split(b"\r\n")[0].endswith(b"413 Request Entity Too Large")


def test_a_recording_above_the_size_limit_is_rejected(ann: httpx.Client, task: int) -> None:
    max_bytes = ann.get(f"/annotate/tasks/{task}/protocol").json()["max_bytes"]
    assert_rejected(upload(ann, task, AUDIO + bytes(max_bytes + 1 - len(AUDIO))), 413, "too_large")


@pytest.mark.parametrize("name", ["../../../evil.webm", "/tmp/evil.webm", "a\\..\\b.webm", "x.php"])  # noqa: S108
def test_a_path_in_a_file_name_is_ignored(
    studio: Studio, ann: httpx.Client, task: int, name: str
) -> None:
    before = set(studio.folder.glob("*"))
    audio = AUDIO + name.encode()
    reference = upload(ann, task, audio, name).json()
    assert (studio.recordings / f"{reference['recording']}.webm").read_bytes() == audio
    assert {path.parent for path in studio.folder.rglob("*evil*")} == set()
    assert set(studio.folder.glob("*")) == before
    assert not Path("/tmp/evil.webm").exists()  # noqa: S108


@pytest.mark.parametrize(
    "path",
    [
        "recordings/..%2f..%2fdata",
        "recordings/../../etc/passwd",
        "static/..%2fsettings.py",
        "static/%2e%2e/settings.py",
        "static/settings.py",
        "recordings/" + "0" * 32,
    ],
)
def test_no_path_leads_out_of_the_folders(ann: httpx.Client, path: str) -> None:
    response = ann.get(f"/annotate/{path}")
    assert response.status_code == 404
    assert "root:" not in response.text
    assert "ROOT_URLCONF" not in response.text


@pytest.mark.parametrize(
    ("overrides", "status", "code"),
    [
        ({"sha256": "0" * 64}, 409, "sha256_differs"),
        ({"sha256": "no"}, 400, "bad_sha256"),
        ({"task": "999999999"}, 404, "no_such_task"),
        ({"task": "1 or 1=1"}, 400, "bad_task"),
        ({"meta": "{"}, 400, "bad_meta"),
        ({"meta": meta(client_ms=-1)}, 400, "bad_meta"),
        ({"meta": meta(client_ms=True)}, 400, "bad_meta"),
        ({"meta": meta(prompts=[{"question": "no such question", "t_ms": 0}])}, 400, "bad_meta"),
        ({"meta": meta(recorded_at="yesterday")}, 400, "bad_meta"),
        (
            {"meta": meta(trace={"segments": [[{"x_frac": 99, "y_frac": 0, "t_ms": 0}]]})},
            400,
            "bad_meta",
        ),
        ({"meta": meta(consented_at=None)}, 400, "no_consent"),
    ],
)
def test_a_wrong_field_of_the_form_gives_its_error_code(
    studio: Studio, ann: httpx.Client, task: int, overrides: dict[str, str], status: int, code: str
) -> None:
    files = stored_files(studio)
    assert_rejected(upload(ann, task, **overrides), status, code)
    assert stored_files(studio) == files


def test_empty_audio_and_other_methods_are_rejected(ann: httpx.Client, task: int) -> None:
    assert_rejected(upload(ann, task, b""), 400, "no_audio")
    assert_rejected(ann.get("/annotate/recordings"), 405, "method_not_allowed")
    assert_rejected(ann.delete("/annotate/recordings/" + "0" * 32), 405, "method_not_allowed")

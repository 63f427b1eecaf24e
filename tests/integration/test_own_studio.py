"""A Label Studio set up by `annotate studio up`: found from any folder, backed up and restored."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.execution.runner import run_step
from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.label_studio import secret_files
from annotate.media.audio import AudioBounds
from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.collect import collect
from annotate.store.lake import Lake
from annotate.studio_server import launch
from tests import needs
from tests.builders import frame, img
from tests.e2e.studio.server import PASSWORD
from tests.integration.running_studio import (
    DEMO,
    RunningStudio,
    add_review_task,
    make_reviewer,
    run,
    submit_recording,
)

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ANN, REV = "ann@example.com", "rev@example.com"
CAPTION = "A close view of a cat whose face fills the picture."


def annotate(*arguments: str) -> dict[str, Any]:
    """Run a command with `--json`; its output."""
    command = [sys.executable, "-m", "annotate", *arguments, "--json"]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    result: dict[str, Any] = json.loads(completed.stdout)
    return result


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, without a terminal."""
    command = [sys.executable, "-m", "annotate", *arguments]
    captured = {"capture_output": True, "text": True}
    return subprocess.run(command, cwd=folder, **captured, check=False)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A new server that `annotate studio up` has set up. The last test stops it."""
    needs.label_studio()
    data = tmp_path_factory.mktemp("live") / "studio"
    try:
        live = RunningStudio(data)
        yield live
        live.connection.close()
        live.client.close()
    finally:
        launch.stop(data)


def test_up_in_another_folder_does_not_start_a_second_server(live: RunningStudio, tmp_path: Path):
    completed = run_in(tmp_path, "studio", "up", "--detach")
    assert (completed.returncode, completed.stdout) == (2, "")
    assert f"{live.data}, which runs at {live.url}" in completed.stderr
    assert f"--data {live.data}" in completed.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_it_from_anywhere(live: RunningStudio, tmp_path: Path):
    completed = run_in(tmp_path, "doctor", "--json")
    checks = {check["check"]: check for check in json.loads(completed.stdout)["checks"]}
    assert checks["label studio"]["health"] == "ok"
    assert f"{live.url} as {secret_files.ADMIN_EMAIL}" in checks["label studio"]["found"]
    assert list(tmp_path.iterdir()) == []


def test_up_prints_its_progress(live: RunningStudio, tmp_path: Path):
    completed = run_in(tmp_path, "studio", *live.up_arguments)
    assert completed.returncode == 0
    assert completed.stderr.splitlines() == ["logging in", "setting up the projects"]


def ingest_recordings(live: RunningStudio, lake: Lake) -> int:
    """Ingest from the server; the number of new recordings."""
    source = StudioSource(live.client, str(live.record), AudioBounds().max_bytes)
    return run_step(Ingest(source), lake).written


def log_in(live: RunningStudio, email: str) -> httpx.Client:
    """A client that is logged in to an account with its password."""
    session = httpx.Client(base_url=live.url, timeout=120)
    session.get("/user/login/")
    form = {"csrfmiddlewaretoken": session.cookies["csrftoken"], "email": email}
    assert session.post("/user/login/", data={**form, "password": PASSWORD}).status_code == 302
    session.headers["X-CSRFToken"] = session.get("/annotate/session").json()["csrf"]
    return session


def accept_caption(session: httpx.Client, task: int) -> None:
    """Accept a caption, as the review page does."""
    choice = {"from_name": "decision", "type": "choices", "value": {"choices": ["accept"]}}
    text = {"from_name": "caption", "type": "textarea", "value": {"text": [CAPTION]}}
    result = [{**one, "to_name": "image"} for one in (choice, text)]
    url = f"/api/tasks/{task}/annotations/"
    session.post(url, json={"result": result}).raise_for_status()


def prepare(live: RunningStudio, lake: Lake, images: Path) -> None:
    """Create one ingested and one new recording, and a decision that isn't collected yet."""
    images.mkdir()
    for name in ("cat", "coffee"):
        shutil.copy(DEMO / "images" / f"{name}.jpg", images)
    run("assign", str(images), "--data", str(live.data), "--lake", lake.root)
    first, second = (task["id"] for task in live.client.changed_tasks(live.record, None))
    live.sign_up(REV, live.first["invite"]).close()
    make_reviewer(live, REV)
    live.sign_up(ANN, live.first["invite"]).close()
    row = {"image_id": img("cat"), "caption_id": "cap_0123456789abcdef", "text": CAPTION}
    lake.append(Captions, frame(Captions, [{**row, "lineage": [], "recordings": []}]))
    with closing(log_in(live, ANN)) as annotator, closing(log_in(live, REV)) as reviewer:
        submit_recording(annotator, first)
        assert ingest_recordings(live, lake) == 1
        # Other audio: the server rejects a second copy of the same bytes.
        submit_recording(annotator, second, (DEMO / "recordings" / "coffee-01.webm").read_bytes())
        accept_caption(reviewer, add_review_task(live, "cat", CAPTION))


@pytest.fixture(scope="module")
def lake(live: RunningStudio, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with some of the recordings on the server."""
    folder = tmp_path_factory.mktemp("work")
    lake = Lake(folder / "lake")
    prepare(live, lake, folder / "images")
    return lake


def test_the_report_names_accounts_on_request(live: RunningStudio, lake: Lake):
    arguments = (
        "studio",
        "report",
        "--lake",
        lake.root,
        "--data",
        str(live.data),
        "--rate",
        "6",
    )
    (row,) = annotate(*arguments)["annotators"]
    assert (row["recordings"], row["account"][:3]) == (1, "ls-")
    assert row["pay"] == pytest.approx(6 * row["usable_minutes"], abs=0.1)
    (named,) = annotate(*arguments, "--names")["annotators"]
    assert named == {**row, "account": ANN}


def test_accounts_decisions_and_recordings_are_restored(
    live: RunningStudio, lake: Lake, tmp_path: Path
):
    target = tmp_path / "restored"
    paths = ("--lake", lake.root, "--data", str(live.data))
    backup = annotate("backup", str(tmp_path / "backups"), *paths)
    assert backup["problems"] == backup["notes"] == []
    launch.stop(live.data)
    shutil.rmtree(live.data)  # everything is lost
    shutil.rmtree(lake.root)

    restored = Lake(target / "lake")
    paths = ("--lake", restored.root, "--data", str(target / "studio"))
    annotate("restore", str(tmp_path / "backups"), *paths)
    try:
        restored_studio = RunningStudio(target / "studio")
        check_restored(restored_studio, live, restored)
        restored_studio.client.close()
        restored_studio.connection.close()
    finally:
        launch.stop(target / "studio")


def check_restored(restored_studio: RunningStudio, live: RunningStudio, lake: Lake) -> None:
    """Check that everything is restored, and that new work can be ingested and collected."""
    assert restored_studio.record == live.record
    assert restored_studio.first["record"]["outcome"] == "unchanged"
    assert restored_studio.first["invite"].endswith(live.first["invite"].removeprefix(live.url))
    assert "password" not in restored_studio.first
    log_in(restored_studio, ANN).close()
    assert lake.read(Recordings).height == 1
    assert ingest_recordings(restored_studio, lake) == 1
    assert collect(lake, restored_studio.client, restored_studio.review).written == 1
    recordings, (review,) = lake.read(Recordings), lake.read(Reviews).to_dicts()
    assert recordings["annotator_id"].n_unique() == 1, "the pseudonym key differs"
    assert (review["decision"], review["text"]) == ("accept", CAPTION)
    assert ingest_recordings(restored_studio, lake) == 0

"""What an operator does with a Label Studio of their own: found from any folder, and backed up."""

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
    make_reviewer,
    run,
    submit_recording,
    task_made_by_hand,
)

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ANN, REV = "ann@example.com", "rev@example.com"
CAPTION = "A close view of a cat whose face fills the picture."


def annotate(*words: str) -> dict[str, Any]:
    """What a command prints with `--json`."""
    command = [sys.executable, "-m", "annotate", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def off_a_terminal(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as it is given in a folder, its output into pipes."""
    command = [sys.executable, "-m", "annotate", *words]
    quiet = {"capture_output": True, "text": True}
    return subprocess.run(command, cwd=folder, **quiet, check=False)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A server that `annotate studio up` made from nothing. The last test ends it."""
    needs.label_studio()
    data = tmp_path_factory.mktemp("live") / "studio"
    try:
        live = RunningStudio(data)
        yield live
        live.connection.close()
        live.client.close()
    finally:
        launch.stop(data)


def test_a_start_in_another_folder_makes_no_second_one_unasked(live: RunningStudio, tmp_path: Path):
    done = off_a_terminal(tmp_path, "studio", "up", "--detach")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{live.data}, which runs at {live.url}" in done.stderr
    assert f"--data {live.data}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_it_from_anywhere(live: RunningStudio, tmp_path: Path):
    done = off_a_terminal(tmp_path, "doctor", "--json")
    checks = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
    assert checks["label studio"]["health"] == "ok"
    assert f"{live.url} as {secret_files.ADMIN_EMAIL}" in checks["label studio"]["found"]
    assert list(tmp_path.iterdir()) == []


def test_lines_say_what_is_being_done(live: RunningStudio, tmp_path: Path):
    done = off_a_terminal(tmp_path, "studio", *live.words)
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["logging in", "setting up the projects"]


def bring_in(live: RunningStudio, lake: Lake) -> int:
    """How many recordings came in just now."""
    source = StudioSource(live.client, str(live.record), AudioBounds().max_bytes)
    return run_step(Ingest(source), lake).written


def log_in(live: RunningStudio, email: str) -> httpx.Client:
    """A browser in which an account is logged in by its password."""
    browser = httpx.Client(base_url=live.url, timeout=120)
    browser.get("/user/login/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "email": email}
    assert browser.post("/user/login/", data={**form, "password": PASSWORD}).status_code == 302
    browser.headers["X-CSRFToken"] = browser.get("/annotate/session").json()["csrf"]
    return browser


def decide(browser: httpx.Client, task: int) -> None:
    """Accept a caption, as the review page does."""
    choice = {"from_name": "decision", "type": "choices", "value": {"choices": ["accept"]}}
    text = {"from_name": "caption", "type": "textarea", "value": {"text": [CAPTION]}}
    result = [{**one, "to_name": "image"} for one in (choice, text)]
    at = f"/api/tasks/{task}/annotations/"
    browser.post(at, json={"result": result}).raise_for_status()


def work(live: RunningStudio, lake: Lake, images: Path) -> None:
    """One recording that was brought in, another that wasn't, and a decision not collected."""
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
    with closing(log_in(live, ANN)) as ann, closing(log_in(live, REV)) as rev:
        submit_recording(ann, first)
        assert bring_in(live, lake) == 1
        # Another sound: the same bytes twice would be refused.
        submit_recording(ann, second, (DEMO / "recordings" / "coffee-01.webm").read_bytes())
        decide(rev, task_made_by_hand(live, "cat", CAPTION))


@pytest.fixture(scope="module")
def lake(live: RunningStudio, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that knows some of what was done at the server."""
    folder = tmp_path_factory.mktemp("work")
    lake = Lake(folder / "lake")
    work(live, lake, folder / "images")
    return lake


def test_the_report_names_accounts_on_request(live: RunningStudio, lake: Lake):
    words = (
        "studio",
        "report",
        "--lake",
        lake.root,
        "--data",
        str(live.data),
        "--rate",
        "6",
    )
    (row,) = annotate(*words)["annotators"]
    assert (row["recordings"], row["account"][:3]) == (1, "ls-")
    assert row["pay"] == pytest.approx(6 * row["usable_minutes"], abs=0.1)
    (named,) = annotate(*words, "--names")["annotators"]
    assert named == {**row, "account": ANN}


def test_accounts_decisions_and_recordings_come_back(
    live: RunningStudio, lake: Lake, tmp_path: Path
):
    there = tmp_path / "there"
    places = ("--lake", lake.root, "--data", str(live.data))
    made = annotate("backup", str(tmp_path / "backups"), *places)
    assert made["problems"] == made["notes"] == []
    launch.stop(live.data)
    shutil.rmtree(live.data)  # everything is lost
    shutil.rmtree(lake.root)

    restored = Lake(there / "lake")
    places = ("--lake", restored.root, "--data", str(there / "studio"))
    annotate("restore", str(tmp_path / "backups"), *places)
    try:
        again = RunningStudio(there / "studio")
        look_at(again, live, restored)
        again.client.close()
        again.connection.close()
    finally:
        launch.stop(there / "studio")


def look_at(again: RunningStudio, live: RunningStudio, lake: Lake) -> None:
    """Everything is as it was, and work goes on."""
    assert again.record == live.record
    assert again.first["record"]["outcome"] == "unchanged"
    assert again.first["invite"].endswith(live.first["invite"].removeprefix(live.url))
    assert "password" not in again.first
    log_in(again, ANN).close()
    assert lake.read(Recordings).height == 1
    assert bring_in(again, lake) == 1
    assert collect(lake, again.client, again.review).written == 1
    recordings, (review,) = lake.read(Recordings), lake.read(Reviews).to_dicts()
    assert recordings["annotator_id"].n_unique() == 1, "the key to the pseudonyms is another"
    assert (review["decision"], review["text"]) == ("accept", CAPTION)
    assert bring_in(again, lake) == 0

"""A Label Studio in use is backed up, restored into an empty place, and work goes on there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.ingest.step import Ingest
from annotate.ingest.studio import StudioSource
from annotate.label_studio import launch
from annotate.media.audio import AudioBounds
from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.collect import collect
from annotate.store.lake import Lake
from annotate.store.step import run_step
from tests import needs
from tests.builders import frame, img
from tests.e2e.studio.server import PASSWORD
from tests.integration.house import DEMO, House, hand_in, hand_made, make_reviewer, run

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


def bring_in(house: House, lake: Lake) -> int:
    """How many recordings came in just now."""
    source = StudioSource(house.client, str(house.record), AudioBounds().max_bytes)
    return run_step(Ingest(source), lake).written


def log_in(house: House, email: str) -> httpx.Client:
    """A browser in which an account is logged in by its password."""
    browser = httpx.Client(base_url=house.url, timeout=120)
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


def work(house: House, lake: Lake, images: Path) -> None:
    """One recording that was brought in, another that wasn't, and a decision not collected."""
    images.mkdir()
    for name in ("cat", "coffee"):
        shutil.copy(DEMO / "images" / f"{name}.jpg", images)
    run("assign", str(images), "--data", str(house.data), "--lake", lake.root)
    first, second = (task["id"] for task in house.client.changed_tasks(house.record, None))
    house.sign_up(REV, house.first["invite"]).close()
    make_reviewer(house, REV)
    house.sign_up(ANN, house.first["invite"]).close()
    row = {"image_id": img("cat"), "caption_id": "cap_0123456789abcdef", "text": CAPTION}
    lake.append(Captions, frame(Captions, [{**row, "lineage": [], "recordings": []}]))
    with closing(log_in(house, ANN)) as ann, closing(log_in(house, REV)) as rev:
        hand_in(ann, first)
        assert bring_in(house, lake) == 1
        # Another sound: the same bytes twice would be refused.
        hand_in(ann, second, (DEMO / "recordings" / "coffee-01.webm").read_bytes())
        decide(rev, hand_made(house, "cat", CAPTION))


def test_accounts_decisions_and_recordings_come_back(tmp_path: Path) -> None:
    needs.label_studio()
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    house = again = None
    try:
        house = House(here / "studio")
        work(house, Lake(here / "lake"), tmp_path / "images")
        places = ("--lake", str(here / "lake"), "--data", str(house.data))
        made = annotate("backup", str(tmp_path / "backups"), *places)
        assert made["problems"] == made["notes"] == []
        house.connection.close()
        launch.stop(house.data)
        shutil.rmtree(here)  # everything is lost

        lake = Lake(there / "lake")
        places = ("--lake", lake.root, "--data", str(there / "studio"))
        annotate("restore", str(tmp_path / "backups"), *places)
        again = House(there / "studio")
        assert again.record == house.record
        assert again.first["record"]["outcome"] == "unchanged"
        assert again.first["invite"].endswith(house.first["invite"].removeprefix(house.url))
        assert "password" not in again.first
        log_in(again, ANN).close()
        assert lake.read(Recordings).height == 1
        assert bring_in(again, lake) == 1
        assert collect(lake, again.client, again.review).written == 1
        recordings, (review,) = lake.read(Recordings), lake.read(Reviews).to_dicts()
        assert recordings["annotator_id"].n_unique() == 1, "the key to the pseudonyms is another"
        assert (review["decision"], review["text"]) == ("accept", CAPTION)
        assert bring_in(again, lake) == 0
    finally:
        for one in (house, again):
            if one is not None:
                one.client.close()
                launch.stop(one.data)

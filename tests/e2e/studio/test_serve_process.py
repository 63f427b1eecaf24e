"""`annotate serve --process`: a recording in the browser becomes a caption for reviewers."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from annotate.label_studio import assign, projects
from annotate.label_studio.client import Studio as Client
from annotate.label_studio.connection import Connection
from annotate.label_studio.projects import RECORD_TITLE, REVIEW_TITLE
from annotate.label_studio.protocol import read_protocol
from annotate.media.clean_image import open_image
from annotate.model.tables import Captions
from annotate.store.lake import Lake
from tests.e2e.studio.recording_page import RecordingPage
from tests.e2e.studio.server import ANN, IMAGES, TOKEN, Project, Studio, free_port
from tests.e2e.studio.test_try import describe, note

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
PATIENCE = 300.0
EVERY_MINUTES = "0.05"
"""The server of the tests reaches no private address, so no webhook reports anything."""


@pytest.fixture
def at(studio: Studio) -> Iterator[Client]:
    """A server with both projects and two images, as `annotate studio setup` makes them."""
    with closing(Connection(studio.url, TOKEN, None, 1.0)) as connection:
        short = read_protocol().model_copy(update={"minimum_seconds": 2})
        made = projects.set_up(connection, short)
        with Client(studio.url, TOKEN) as client:
            images, _ = assign.read(IMAGES[:2], gold=False)
            assign.assign(client, made[0].id, {}, images, [], 0.0, open_image)
            yield client
        with studio.api() as api:
            for project in made:  # other tests have projects of their own
                api.delete(f"/api/projects/{project.id}/").raise_for_status()


@contextmanager
def serving(studio: Studio, folder: Path) -> Iterator[subprocess.Popen[str]]:
    token = folder / "token"
    token.write_text(TOKEN)
    words = ["--process", "--url", studio.url, "--token-file", str(token), "--every", EVERY_MINUTES]
    secret = ["--secret-file", str(folder / "secret"), "--port", str(free_port())]
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "annotate",
            "serve",
            *words,
            *secret,
            "--lake",
            str(folder / "lake"),
        ],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.2)


def waiting(at: Client) -> list[str]:
    """The captions that wait for a reviewer."""
    tasks = at.task_data(at.project(REVIEW_TITLE)).values()
    return sorted(task["caption_id"] for task in tasks)


def captions(lake: Path) -> list[str]:
    return sorted(Lake(lake).read(Captions)["caption_id"])


def test_what_is_recorded_waits_for_a_reviewer_and_a_kill_changes_nothing(
    studio: Studio, at: Client, open_as: Open, tmp_path: Path
) -> None:
    record = at.project(RECORD_TITLE)
    first, second = sorted(at.task_data(record))
    project = Project(record, [first, second])
    lake = tmp_path / "lake"
    page = open_as(ANN)
    with serving(studio, tmp_path) as process:
        page.open_task(project, first)
        began = describe(page)
        wait_until(lambda: len(waiting(at)) == 1, process)
        seconds = time.monotonic() - began
        note(f"from Submit to a caption that waits for review: {seconds:.1f} s")
        page.open_task(project, second)
        describe(page)
        # Killed in the middle of the work on the second one.
        wait_until(lambda: len(list((lake / "blobs" / "audio").rglob("*.webm"))) == 2, process)
        process.kill()
    with serving(studio, tmp_path) as process:
        wait_until(lambda: len(waiting(at)) == 2, process)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert waiting(at) == captions(lake)

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
from tests.e2e.studio.test_try import SPOKEN_SECONDS, describe, log_duration

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Open = Callable[..., RecordingPage]
TIMEOUT_S = 300.0
EVERY_MINUTES = "0.05"
"""The test server can't send webhooks to private addresses, so only polling finds changes."""


@pytest.fixture
def label_studio(studio: Studio) -> Iterator[Client]:
    """A client of a server with both projects and two images, set up as by the command line."""
    with closing(Connection(studio.url, TOKEN, None, 1.0)) as connection:
        protocol = read_protocol().model_copy(update={"minimum_seconds": 2})
        created = projects.set_up(connection, protocol)
        with Client(studio.url, TOKEN) as client:
            images, _ = assign.read(IMAGES[:2], gold=False)
            assign.assign(client, created[0].id, {}, images, [], 0.0, open_image)
            yield client
        with studio.api() as api:
            for project in created:  # other tests use their own projects
                api.delete(f"/api/projects/{project.id}/").raise_for_status()


@contextmanager
def serving(studio: Studio, folder: Path) -> Iterator[subprocess.Popen[str]]:
    token = folder / "token"
    token.write_text(TOKEN)
    options = [
        "--process",
        "--url",
        studio.url,
        "--token-file",
        str(token),
        "--every",
        EVERY_MINUTES,
    ]
    secret = ["--secret-file", str(folder / "secret"), "--port", str(free_port())]
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "annotate",
            "serve",
            *options,
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


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for the condition; fails if `annotate serve` exits or after `TIMEOUT_S`."""
    until = time.monotonic() + TIMEOUT_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.2)


def captions_to_review(label_studio: Client) -> list[str]:
    """Ids of the captions in the review project."""
    tasks = label_studio.task_data(label_studio.project(REVIEW_TITLE)).values()
    return sorted(task["caption_id"] for task in tasks)


def captions_in_lake(lake: Path) -> list[str]:
    return sorted(Lake(lake).read(Captions)["caption_id"])


def test_recordings_reach_the_review_project_although_the_process_is_killed(
    studio: Studio, label_studio: Client, open_as: Open, tmp_path: Path
) -> None:
    record = label_studio.project(RECORD_TITLE)
    first, second = sorted(label_studio.task_data(record))
    project = Project(record, [first, second])
    lake = tmp_path / "lake"
    page = open_as(ANN)
    with serving(studio, tmp_path) as process:
        page.open_task(project, first)
        submitted = describe(page)
        wait_until(lambda: len(captions_to_review(label_studio)) == 1, process)
        seconds = time.monotonic() - submitted
        log_duration(f"from Submit to a caption that waits for review: {seconds:.1f} s")
        page.open_task(project, second)
        describe(page, SPOKEN_SECONDS + 5)
        # Kill it while it processes the second recording.
        wait_until(lambda: len(list((lake / "blobs" / "audio").rglob("*.webm"))) == 2, process)
        process.kill()
    with serving(studio, tmp_path) as process:
        wait_until(lambda: len(captions_to_review(label_studio)) == 2, process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert captions_to_review(label_studio) == captions_in_lake(lake)

"""`annotate serve --process` on a folder without Label Studio: terminated, killed, run again.

With Label Studio and a browser: tests/e2e/studio/test_serve_process.py.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from annotate import pipeline
from annotate.execution.runner import run_step
from annotate.model.tables import Captions, Table, table_name
from annotate.settings import Settings
from annotate.store.lake import Lake, content
from tests.e2e.small_demo import write_small_demo
from tests.e2e.studio.server import free_port
from tests.e2e.test_kill import count_files

pytestmark = pytest.mark.e2e

TIMEOUT_S = 300.0
CAPTIONS = 2
"""How many captions the small demo gives."""
PSEUDONYM_KEY = "the same annotators in every lake"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # The folder's name has spaces and a #.
    return write_small_demo(tmp_path_factory.mktemp("small # one"))


@pytest.fixture(scope="module")
def uninterrupted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake that an uninterrupted `annotate run` makes, without automatic reviews."""
    uninterrupted = str(tmp_path_factory.mktemp("uninterrupted"))
    settings = Settings(lake=uninterrupted, pseudonym_key=SecretStr(PSEUDONYM_KEY))
    lake = pipeline.open_lake(settings)
    with pipeline.steps([data], settings) as steps:
        for step in steps:
            if step.name != "review":
                run_step(step, lake)
    return Path(lake.root)


def tables(lake: Path) -> dict[str, object]:
    opened = Lake(lake)
    return {table_name(table): content(opened, table) for table in Table.__subclasses__()}


@contextmanager
def serving(data: Path, lake: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command with the URL of a Label Studio that isn't running."""
    token = lake.parent / "token"
    token.write_text("a token of no server\n")
    studio = ["--url", "http://127.0.0.1:9", "--token-file", str(token)]
    secret = ["--secret-file", str(lake.parent / "secret"), "--port", str(free_port())]
    arguments = [*studio, *secret, "--every", "0.02", "--lake", str(lake), str(data)]
    with subprocess.Popen(
        [sys.executable, "-m", "annotate", "serve", "--process", *arguments],
        env={**os.environ, "ANNOTATE_PSEUDONYM_KEY": PSEUDONYM_KEY},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_captions(lake: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        if (lake / "tables" / "captions" / "_delta_log").is_dir():
            found = Lake(lake).read(Captions)
            if found.height == CAPTIONS:
                return
        time.sleep(0.2)
    pytest.fail("no captions")


def wait_for_files(lake: Path, number: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while count_files(lake) < number:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{count_files(lake)} files instead of {number}"
        time.sleep(0.001)


def test_sigterm_ends_it_cleanly_with_the_folder_processed_without_label_studio(
    data: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    with serving(data, lake) as process:
        wait_for_captions(lake, process)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    lines = output.splitlines()
    assert "transcribe: 3 new" in lines
    assert "caption: 2 new" in lines
    assert any(line.startswith("ingest label-studio://") and "failed" in line for line in lines)
    assert "Traceback" not in output
    assert "\x1b" not in output  # no escape codes in the service's log
    assert tables(lake) == tables(uninterrupted)


def test_killed_at_random_moments_and_run_again_the_tables_are_the_same(
    data: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    moments = sorted(random.sample(range(1, count_files(uninterrupted) * 3 // 4), 2))
    for files in moments:
        with serving(data, lake) as process:
            wait_for_files(lake, files, process)
            process.kill()
    with serving(data, lake) as process:
        wait_for_captions(lake, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=TIMEOUT_S)
    assert tables(lake) == tables(uninterrupted), f"killed after {moments} files"

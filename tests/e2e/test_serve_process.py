"""`annotate serve --process` on a folder while Label Studio is away: killed, ended, run again.

With Label Studio, from a browser: tests/e2e/studio/test_serve_process.py.
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

PATIENCE = 300.0
CAPTIONS = 2
"""Of the small demo's images."""
PSEUDONYM_KEY = "the same annotators in every lake"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # With blanks and a sharp, as folders of people have.
    return write_small_demo(tmp_path_factory.mktemp("small # one"))


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake that `annotate run` makes of it, less its automatic reviews."""
    whole = str(tmp_path_factory.mktemp("whole"))
    settings = Settings(lake=whole, pseudonym_key=SecretStr(PSEUDONYM_KEY))
    lake = pipeline.open_lake(settings)
    with pipeline.steps([data], settings) as steps:
        for step in steps:
            if step.name != "review":
                run_step(step, lake)
    return Path(lake.root)


def tables(lake: Path) -> dict[str, object]:
    at = Lake(lake)
    return {table_name(table): content(at, table) for table in Table.__subclasses__()}


@contextmanager
def serving(data: Path, lake: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, with a Label Studio that isn't there."""
    token = lake.parent / "token"
    token.write_text("a token of no server\n")
    studio = ["--url", "http://127.0.0.1:9", "--token-file", str(token)]
    secret = ["--secret-file", str(lake.parent / "secret"), "--port", str(free_port())]
    words = [*studio, *secret, "--every", "0.02", "--lake", str(lake), str(data)]
    with subprocess.Popen(
        [sys.executable, "-m", "annotate", "serve", "--process", *words],
        env={**os.environ, "ANNOTATE_PSEUDONYM_KEY": PSEUDONYM_KEY},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_captions(lake: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()[0]
        if (lake / "tables" / "captions" / "_delta_log").is_dir():
            found = Lake(lake).read(Captions)
            if found.height == CAPTIONS:
                return
        time.sleep(0.2)
    pytest.fail("no captions")


def wait_for_files(lake: Path, number: int, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while count_files(lake) < number:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until, f"{count_files(lake)} files, and never {number}"
        time.sleep(0.001)


def test_sigterm_ends_it_cleanly_and_all_is_done_though_label_studio_is_away(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    with serving(data, lake) as process:
        wait_for_captions(lake, process)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    lines = said.splitlines()
    assert "transcribe: 3 new" in lines
    assert "caption: 2 new" in lines
    assert any(line.startswith("ingest label-studio://") and "failed" in line for line in lines)
    assert "Traceback" not in said
    assert "\x1b" not in said  # plain lines, as a journal wants them
    assert tables(lake) == tables(whole)


def test_killed_at_any_moment_and_run_again_it_comes_out_the_same(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    moments = sorted(random.sample(range(1, count_files(whole) * 3 // 4), 2))
    for files in moments:
        with serving(data, lake) as process:
            wait_for_files(lake, files, process)
            process.kill()
    with serving(data, lake) as process:
        wait_for_captions(lake, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert tables(lake) == tables(whole), f"killed after {moments} files"

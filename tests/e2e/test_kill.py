"""A pipeline run that is killed with -9 at random moments and run again gives the same lake.

A moment is a number of files: when the lake has that many, the process is killed. So the moments
are spread over the whole run, however fast the machine is.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from annotate.model.tables import Table, table_name
from annotate.store.lake import Lake, content
from tests.e2e.small_demo import snapshot, write_small_demo

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("ANNOTATE_KILLS", "3"))
"""A sample by default; `make kills` draws many more moments."""


def command(data: Path, lake: Path) -> list[str]:
    return [sys.executable, "-m", "annotate", "demo", "--folder", str(data), "--lake", str(lake)]


def run(data: Path, lake: Path) -> dict[str, Any]:
    completed = subprocess.run(
        [*command(data, lake), "--json"], capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    result: dict[str, Any] = json.loads(completed.stdout)
    return result


def kill_after(files: int, data: Path, lake: Path) -> bool:
    """Start a run and kill it once the lake has so many files; return whether it was running."""
    with subprocess.Popen(
        command(data, lake), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and count_files(lake) < files:
            time.sleep(0.001)
        running = process.poll() is None
        process.kill()
    return running


def count_files(lake: Path) -> int:
    """The number of files in a lake that is being written: folders may disappear meanwhile."""
    return sum(len(files) for _, _, files in os.walk(lake))


def lake_contents(lake: Path) -> dict[str, Any]:
    """All contents of a lake: tables without the times of writing, blobs and releases."""
    opened = Lake(lake)
    tables = {table_name(table): content(opened, table) for table in Table.__subclasses__()}
    return {**tables, "files": snapshot(lake)}


def test_a_run_killed_at_random_moments_gives_the_same_lake(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small")
    uninterrupted = run(data, tmp_path / "uninterrupted")
    expected = lake_contents(tmp_path / "uninterrupted")
    total = count_files(tmp_path / "uninterrupted")
    moments = sorted(random.sample(range(1, total), KILLS))
    killed = 0
    for moment in moments:
        lake = tmp_path / f"killed-after-{moment}"
        killed += kill_after(moment, data, lake)
        rerun = run(data, lake)
        assert lake_contents(lake) == expected, f"killed after {moment} of {total} files"
        same = set(uninterrupted) - {"seconds", "reused", "steps", "release", "viewer"}
        assert {key: rerun[key] for key in same} == {key: uninterrupted[key] for key in same}
    assert killed >= KILLS // 2, f"only {killed} of {moments} hit a running process"


def test_a_run_killed_many_times_gives_the_same_lake(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small")
    run(data, tmp_path / "uninterrupted")
    lake = tmp_path / "killed"
    for files in range(8, count_files(tmp_path / "uninterrupted"), 16):
        kill_after(files, data, lake)
    run(data, lake)
    assert lake_contents(lake) == lake_contents(tmp_path / "uninterrupted")

"""Killed with -9 at random moments and run again, everything comes out the same.

A moment is a count of files: once that many have appeared in the lake, the process is killed,
wherever it happens to be. So the moments are spread over the work, however fast the machine is.
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
    done = subprocess.run(
        [*command(data, lake), "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
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
    """How many files lie in a lake that is being written: folders may go while they are walked."""
    return sum(len(files) for _, _, files in os.walk(lake))


def everything(lake: Path) -> dict[str, Any]:
    """All that a lake says: its tables but for times of writing, its blobs and its releases."""
    at = Lake(lake)
    tables = {table_name(table): content(at, table) for table in Table.__subclasses__()}
    return {**tables, "files": snapshot(lake)}


def test_killed_at_random_moments_it_comes_out_the_same(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small")
    whole = run(data, tmp_path / "whole")
    expected = everything(tmp_path / "whole")
    total = count_files(tmp_path / "whole")
    moments = sorted(random.sample(range(1, total), KILLS))
    killed = 0
    for moment in moments:
        lake = tmp_path / f"killed-after-{moment}"
        killed += kill_after(moment, data, lake)
        rerun = run(data, lake)
        assert everything(lake) == expected, f"killed after {moment} of {total} files"
        same = set(whole) - {"seconds", "reused", "steps", "release", "viewer"}
        assert {key: rerun[key] for key in same} == {key: whole[key] for key in same}
    assert killed >= KILLS // 2, f"only {killed} of {moments} hit a running process"


def test_killed_again_and_again_it_still_gets_there(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small")
    run(data, tmp_path / "whole")
    lake = tmp_path / "killed"
    for files in range(8, count_files(tmp_path / "whole"), 16):
        kill_after(files, data, lake)
    run(data, lake)
    assert everything(lake) == everything(tmp_path / "whole")

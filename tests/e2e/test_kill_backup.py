"""`annotate backup` and `annotate restore`, killed with -9 at random moments and run again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.archive.installation import Installation, add_image, an_installation, decisions

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("ANNOTATE_KILLS", "3"))
"""A sample by default; `make kills` draws many more moments."""

IMAGES = 40


def words(verb: str, home: Installation, backups: Path) -> list[str]:
    places = ["--lake", str(home.root / "lake"), "--data", str(home.data), "--json"]
    return [sys.executable, "-m", "annotate", verb, str(backups), *places]


def finish(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def kill_after(files: int, command: list[str], folder: Path) -> bool:
    """Start a command and kill it once a folder has so many files; whether it was running."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        while process.poll() is None and count(folder) < files:
            time.sleep(0.001)
        running = process.poll() is None
        process.kill()
    return running


def count(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def test_killed_and_run_again_everything_comes_back(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    for number in range(IMAGES):
        add_image(home.lake, f"i{number}")
    expected, killed = home.files(), 0
    for moment in random.sample(range(1, 3 * IMAGES), KILLS):
        backups, again = tmp_path / f"backups-{moment}", Installation(tmp_path / f"there-{moment}")
        killed += kill_after(moment, words("backup", home, backups), backups)
        finish(words("backup", home, backups))
        killed += kill_after(moment, words("restore", again, backups), again.root)
        assert not again.data.exists() or not kept_beside(again), "half of it has its name"
        finish(words("restore", again, backups))
        assert again.files() == expected, f"killed after {moment} files"
        assert decisions(again.data) == ["accept"]
        assert sorted(os.listdir(again.root)) == ["lake", "studio"]
    assert killed >= KILLS, f"only {killed} kills hit a running process"


def kept_beside(home: Installation) -> bool:
    """Whether Label Studio's data are still beside their place, as well as in it."""
    return (home.root / ".studio.restoring").exists()

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


def command_line(verb: str, home: Installation, backups: Path) -> list[str]:
    paths = ["--lake", str(home.root / "lake"), "--data", str(home.data), "--json"]
    return [sys.executable, "-m", "annotate", verb, str(backups), *paths]


def finish(command: list[str]) -> dict[str, Any]:
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    result: dict[str, Any] = json.loads(completed.stdout)
    return result


def kill_after(files: int, command: list[str], folder: Path) -> bool:
    """Start a command, kill it once a folder has so many files; return whether it was running."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        while process.poll() is None and count_files(folder) < files:
            time.sleep(0.001)
        running = process.poll() is None
        process.kill()
    return running


def count_files(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def test_killed_and_run_again_everything_is_restored(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    for number in range(IMAGES):
        add_image(home.lake, f"i{number}")
    expected, killed = home.files(), 0
    for moment in random.sample(range(1, 3 * IMAGES), KILLS):
        backups = tmp_path / f"backups-{moment}"
        restored = Installation(tmp_path / f"restored-{moment}")
        killed += kill_after(moment, command_line("backup", home, backups), backups)
        finish(command_line("backup", home, backups))
        killed += kill_after(moment, command_line("restore", restored, backups), restored.root)
        assert not restored.data.exists() or not has_staging_folder(restored), "partly restored"
        finish(command_line("restore", restored, backups))
        assert restored.files() == expected, f"killed after {moment} files"
        assert decisions(restored.data) == ["accept"]
        assert sorted(os.listdir(restored.root)) == ["lake", "studio"]
    assert killed >= KILLS, f"only {killed} kills hit a running process"


def has_staging_folder(home: Installation) -> bool:
    """Whether the temporary folder of an unfinished restore still exists."""
    return (home.root / ".studio.restoring").exists()

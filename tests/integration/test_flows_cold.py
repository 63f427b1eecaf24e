"""`annotate run --prefect` where Prefect never ran: a temporary server of its own, from nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.small_demo import write_small_demo

pytestmark = pytest.mark.integration

SHOW = """
import flows
from prefect.settings import get_current_settings
server = get_current_settings().server
print(server.ephemeral.startup_timeout_seconds, server.ephemeral.enabled, server.analytics_enabled)
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    """Ours without what it says about Prefect, and a home of its own for that."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DO_NOT_TRACK"))}
    return {**kept, "PREFECT_HOME": str(home), **more}


def in_force(home: Path, **more: str) -> list[str]:
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        **{"env": environment(home, **more), "check": True, "capture_output": True, "text": True},
    )
    return shown.stdout.split()


def test_the_temporary_server_gets_time_and_calls_nobody(tmp_path: Path) -> None:
    assert in_force(tmp_path) == ["600", "True", "False"]


def test_what_the_environment_says_stays(tmp_path: Path) -> None:
    said = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "7"}
    assert in_force(tmp_path, **said) == ["7", "True", "False"]


def test_a_cold_machine_runs_the_whole_pipeline(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small", names=("cat-01",))
    words = ["run", str(data), "--lake", str(tmp_path / "lake"), "--prefect", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "annotate", *words],
        **{"env": environment(tmp_path / "home"), "capture_output": True, "text": True},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert [step["written"] for step in json.loads(done.stdout)["steps"]] == [1] * 6

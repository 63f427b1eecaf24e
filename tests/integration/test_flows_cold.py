"""`annotate run --prefect` with a new PREFECT_HOME: Prefect starts its own temporary server."""

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
    """The current environment without Prefect's variables, with PREFECT_HOME set to `home`."""
    inherited = {
        k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DO_NOT_TRACK"))
    }
    return {**inherited, "PREFECT_HOME": str(home), **more}


def settings_in_force(home: Path, **more: str) -> list[str]:
    completed = subprocess.run(
        [sys.executable, "-c", SHOW],
        **{"env": environment(home, **more), "check": True, "capture_output": True, "text": True},
    )
    return completed.stdout.split()


def test_the_temporary_server_has_a_long_startup_timeout_and_no_analytics(tmp_path: Path) -> None:
    assert settings_in_force(tmp_path) == ["600", "True", "False"]


def test_environment_variables_have_precedence(tmp_path: Path) -> None:
    variables = {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "7"}
    assert settings_in_force(tmp_path, **variables) == ["7", "True", "False"]


def test_a_first_run_with_prefect_completes_the_pipeline(tmp_path: Path) -> None:
    data = write_small_demo(tmp_path / "small", names=("cat-01",))
    arguments = ["run", str(data), "--lake", str(tmp_path / "lake"), "--prefect", "--json"]
    completed = subprocess.run(
        [sys.executable, "-m", "annotate", *arguments],
        **{"env": environment(tmp_path / "home"), "capture_output": True, "text": True},
        check=False,
    )
    assert completed.returncode == 0, completed.stderr[-4000:]
    assert [step["written"] for step in json.loads(completed.stdout)["steps"]] == [1] * 6

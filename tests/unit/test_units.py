"""The systemd units in deploy/ start existing commands with valid options."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer.main

from annotate.cli.app import app
from annotate.cli.console import REFUSED

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
TIMERS = sorted(FOLDER.glob("*.timer"))
PROGRAM = "/srv/annotate/.venv/bin/annotate"


def read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text("utf-8"))
    return unit


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", SERVICES, ids=name)
def test_a_service_starts_an_existing_command(path: Path) -> None:
    service = read(path)["Service"]
    for start in ("ExecStart", "ExecStop"):
        if start not in service:
            continue
        program, *words = shlex.split(service[start])
        assert program == PROGRAM
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        context = command.make_context(command.name, list(words), resilient_parsing=False)
        assert context.params


@pytest.mark.parametrize("path", SERVICES, ids=name)
def test_every_service_runs_as_the_same_user_in_the_same_folder(path: Path) -> None:
    service = read(path)["Service"]
    assert (service["User"], service["WorkingDirectory"]) == ("annotate", "/srv/annotate")
    assert (service["UMask"], service["NoNewPrivileges"]) == ("0077", "yes")


def test_rejected_input_is_not_a_failure_of_the_service() -> None:
    assert read(FOLDER / "annotate-run.service")["Service"]["SuccessExitStatus"] == str(REFUSED)


@pytest.mark.parametrize("path", TIMERS, ids=name)
def test_a_timer_has_a_service_with_the_same_name(path: Path) -> None:
    assert path.with_suffix(".service") in SERVICES
    assert read(path)["Timer"]["OnCalendar"]
    assert read(path.with_suffix(".service"))["Service"]["Type"] == "oneshot"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
@pytest.mark.parametrize("path", [*SERVICES, *TIMERS], ids=name)
def test_systemd_accepts_the_units(path: Path, tmp_path: Path) -> None:
    for unit in FOLDER.iterdir():
        text = unit.read_text("utf-8").replace(PROGRAM, "/bin/true").replace("User=annotate\n", "")
        (tmp_path / unit.name).write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / path.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in found.stderr.splitlines() if str(tmp_path) in line]
    assert errors == []

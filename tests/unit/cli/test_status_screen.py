"""`annotate status` on the terminal: complete names, and `--watch`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from annotate.cli import console as cli_console
from annotate.cli import status_screen
from annotate.model.errors import Rejection
from annotate.settings import load
from annotate.status import state
from annotate.store.lake import Lake
from annotate.store.quarantine import quarantine
from tests.release_builders import a_lake

LONG = "camera-roll-of-the-second-week-12345678/recordings/" + "long-name-" * 10 + ".webm"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Console:
    console = Console(width=80, record=True, highlight=False)
    monkeypatch.setattr(cli_console, "out", lambda: console)
    return console


def status_of(lake: Lake) -> dict[str, Any]:
    return state(lake, load(lake=lake.root), list_quarantined=True)


def test_long_names_are_not_truncated(tmp_path: Path, narrow: Console) -> None:
    lake = a_lake(tmp_path)
    quarantine(lake, "ingest", [Rejection(item=LONG, reason="not_audio", detail="[b]no sound")], {})
    status_screen.show(status_of(lake))
    text = narrow.export_text()
    assert f"ingest  not_audio  {LONG}\n    [b]no sound\n" in text
    assert "1 refused" in text


def test_that_nothing_was_refused_is_shown(tmp_path: Path, narrow: Console) -> None:
    status_screen.show(status_of(a_lake(tmp_path)))
    assert "nothing is in quarantine" in narrow.export_text()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_watch_prints_changes_until_it_is_interrupted(tmp_path: Path, more: list[str]) -> None:
    lake = a_lake(tmp_path)
    words = ["status", "--lake", str(tmp_path), "--watch", "--interval", "0.1", *more]
    with subprocess.Popen(
        [sys.executable, "-m", "annotate", *words],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True},
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout
        assert process.stderr
        first = process.stdout.readline()
        quarantine(lake, "ingest", [Rejection(item="a", reason="not_audio", detail="no")], {})
        second = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert (process.wait(60), process.stderr.read()) == (0, "")
    if more:
        assert [json.loads(line)["refused"] for line in (first, second)] == [0, 1]
    else:
        assert "refused" not in first
        assert "1 refused" in second

"""Installing Label Studio ends when the one who asked for it ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from annotate.studio_server import install


def test_who_ends_the_installation_waits_for_no_download(tmp_path: Path) -> None:
    # In place of pip: says something, then takes an hour.
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(3600)"
    told: list[str] = []

    def say(line: str) -> None:
        told.append(line)
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        install._run([sys.executable, "-c", code], say, "install")
    assert not Path(f"/proc/{told[0]}").exists()

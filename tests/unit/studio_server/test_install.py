"""An interruption of the installation of Label Studio ends its subprocess."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from annotate.studio_server import install


def test_an_interrupted_installation_ends_the_subprocess(tmp_path: Path) -> None:
    # Instead of pip: prints its process id, then takes an hour.
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(3600)"
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        install._run([sys.executable, "-c", code], interrupt, "install")
    assert not Path(f"/proc/{lines[0]}").exists()

"""`annotate serve` in a process of its own, with the demo's checkpoint."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.studio.server import ROOT, Studio, free_port


@contextmanager
def serving(studio: Studio, folder: Path, token: str) -> Iterator[Path]:
    """Run `annotate serve` for this server until the context exits; yields the log file."""
    log, token_file = folder / "serve.log", folder / "token"
    token_file.write_text(token)
    token_file.chmod(0o600)
    command = [sys.executable, "-m", "annotate", "serve", "--url", studio.url]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *command,
                "--token-file",
                str(token_file),
                "--port",
                str(free_port()),
                "--every",
                "60",
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "ANNOTATE_LAKE": str(folder / "lake")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log
    finally:
        process.terminate()
        process.wait(60)

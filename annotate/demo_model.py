"""The demo's recognizer: a small checkpoint in the repository, under the name `demo`.

Whoever imports this module can find the checkpoint by its name.
"""

from __future__ import annotations

from pathlib import Path

import annotate
from annotate.recognizers.checkpoints import Bundled, register

NAME = "demo"

MODEL = Bundled(
    name=NAME,
    path=Path(annotate.__file__).parents[1] / "data" / "demo" / "whisper-demo.pt",
    sha256="c3beae6c2a724151c56753c49981170b0df5f6f6f69c0855f9d777e345b544a7",
)
"""Trained on synthetic voices with a small vocabulary. The demo's figures hold for it alone."""

register(MODEL)

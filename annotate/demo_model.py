"""The demo's recognizer: a small checkpoint in the repository, under the name `demo`.

Whoever imports this module can find the checkpoint by its name.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import annotate
from annotate.recognizers.checkpoints import Bundled, register
from annotate.recognizers.options import TranscribeOptions

NAME = "demo"
LAKE = "data/lake/demo"
"""The lake of the demo with its own model, from the working folder."""
_LABEL_CHARS = 40
"""A release's name has at most 64 characters, with `demo-` and nine for its hash."""

MODEL = Bundled(
    name=NAME,
    path=Path(annotate.__file__).parents[1] / "data" / "demo" / "whisper-demo.pt",
    sha256="c3beae6c2a724151c56753c49981170b0df5f6f6f69c0855f9d777e345b544a7",
)
"""Trained on synthetic voices with a small vocabulary. The demo's figures hold for it alone."""

register(MODEL)


def label_of(model: str | None) -> str | None:
    """The part of the lake's and the release's name for another model; None for the demo's own.

    The model's name, or its file's without `.pt`; Hugging Face's `whisper-base` is `base`, too.
    """
    if model is None or model == NAME:
        return None
    name = os.path.basename(os.path.abspath(model)).removesuffix(".pt").removeprefix("whisper-")
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:_LABEL_CHARS].strip("-.") or "model"


def lake_of(model: str | None) -> str:
    """Where the demo with this model has its lake unless another is named."""
    label = label_of(model)
    return f"{LAKE}-{label}" if label else LAKE


def reproducible(options: TranscribeOptions) -> TranscribeOptions:
    """With the demo's own model, the number format that every processor has.

    Its figures and its release are then the same on all machines; the model is so small that this
    costs little.
    """
    if label_of(options.model) is None and options.engine == "annotate":
        compute_type = options.compute_type or "float32"
        return options.model_copy(update={"compute_type": compute_type})
    return options

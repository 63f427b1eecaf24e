"""The CTranslate2 folder of a checkpoint, with the alignment heads to use in its configuration."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.model.ids import digest
from annotate.recognizers import (
    alignment_heads,
    ctranslate2_files,
    hugging_face_weights,
    model_folders,
)
from annotate.recognizers.alignment_heads import AlignmentHeads
from annotate.recognizers.cache_folders import written_once
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_conversion import converted, user_cache
from annotate.recognizers.ctranslate2_reader import Variables, read_variables

_HEAD_WIDTH = 64
"""The width of one head in every published Whisper model, for files without their number."""


def model_folder(
    checkpoint: Checkpoint, heads: str | None = None, cache: Path | None = None
) -> tuple[Path, AlignmentHeads]:
    """The folder that CTranslate2 loads for a checkpoint, and its alignment heads.

    A checkpoint in another format is converted on first use.

    Args:
        heads: The alignment heads to use, as text; None takes those of the checkpoint.
        cache: Folder of converted models; by default in the user's cache folder.

    Raises:
        AnnotateError: If the model's files are damaged, there is no such head, or the cache can't
            be written.
    """
    cache = cache or user_cache()
    is_folder = checkpoint.format == "ctranslate2"
    folder = checkpoint.path if is_folder else converted(checkpoint, cache)
    variables = read_variables(folder / model_folders.CTRANSLATE2_WEIGHTS)
    dims = _dimensions(folder, variables)
    chosen = _choose(checkpoint, folder, dims, heads)
    if is_folder:
        ctranslate2_files.check(folder, variables, dims)
    try:
        return _with_heads(
            folder, chosen, cache / _name_of_copy(checkpoint, folder, chosen)
        ), chosen
    except OSError as error:
        raise AnnotateError(
            f"cannot write the model's configuration ({error}): "
            "free space there, or set XDG_CACHE_HOME to a writable folder"
        ) from error


def _choose(checkpoint: Checkpoint, folder: Path, dims: Any, given: str | None) -> AlignmentHeads:
    if checkpoint.format == "ctranslate2":
        config = model_folders.read_json(folder / model_folders.CONFIG).get("alignment_heads")
    elif checkpoint.format == "hugging_face":
        config = hugging_face_weights.alignment_heads(checkpoint.path)
    else:
        config = None
    return alignment_heads.choose(checkpoint, dims, config, given)


def _name_of_copy(checkpoint: Checkpoint, folder: Path, chosen: AlignmentHeads) -> str:
    """Other files in the same place get another copy: it holds their configuration."""
    content = checkpoint.sha256, str(folder.resolve()), [list(pair) for pair in chosen.heads]
    return f"heads-{digest(*content)}"


def _with_heads(folder: Path, chosen: AlignmentHeads, copy: Path) -> Path:
    """The folder, or a copy with these alignment heads in its configuration.

    CTranslate2 reads the heads from the folder only. The copy links to the folder's files.
    """
    config = model_folders.read_json(folder / model_folders.CONFIG)
    pairs = [list(pair) for pair in chosen.heads]
    if chosen.source == "config" or config.get("alignment_heads") == pairs:
        return folder

    def write(beside: Path) -> None:
        for name in os.listdir(folder):
            if name != model_folders.CONFIG:
                (beside / name).symlink_to((folder / name).resolve())
        text = json.dumps({**config, "alignment_heads": pairs}, indent=2)
        (beside / model_folders.CONFIG).write_text(text, "utf-8")

    return written_once(copy, write)


def _dimensions(folder: Path, variables: Variables) -> Any:
    """The sizes that distinguish the published models, from the shapes of the weights."""
    try:
        vocabulary, width = variables["decoder/embeddings/weight"].shape
        heads = variables.get("decoder/num_heads")
        return SimpleNamespace(
            n_mels=variables["encoder/conv1/weight"].shape[1],
            n_audio_layer=_layers(variables, "encoder"),
            n_text_layer=_layers(variables, "decoder"),
            n_text_head=width // _HEAD_WIDTH if heads is None else int(heads),
            n_vocab=vocabulary,
        )
    except (KeyError, ValueError, IndexError) as error:
        raise AnnotateError(f"{folder} is not a CTranslate2 model of Whisper: {error!r}") from error


def _layers(variables: Variables, part: str) -> int:
    found = (re.match(rf"{part}/layer_(\d+)/", name) for name in variables)
    return len({match[1] for match in found if match})

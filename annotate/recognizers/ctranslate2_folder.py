"""The CTranslate2 folder of a checkpoint, with the alignment heads to use in its configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from annotate.model.errors import AnnotateError
from annotate.model.ids import digest
from annotate.recognizers import alignment_heads, hugging_face_weights, model_folders
from annotate.recognizers.alignment_heads import AlignmentHeads
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_conversion import converted, user_cache
from annotate.recognizers.ctranslate2_reader import Variables, read_variables

_TOKENIZER = "tokenizer.json"
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
    chosen = _choose(checkpoint, folder, heads)
    if not (folder / _TOKENIZER).is_file():  # faster-whisper would download another model's
        raise AnnotateError(f"{folder} has no {_TOKENIZER}: convert the model with it")
    try:
        return _with_heads(folder, chosen, cache), chosen
    except OSError as error:
        raise AnnotateError(f"cannot write the model's configuration: {error}") from error


def _choose(checkpoint: Checkpoint, folder: Path, given: str | None) -> AlignmentHeads:
    if checkpoint.format == "ctranslate2":
        config = model_folders.read_json(folder / model_folders.CONFIG).get("alignment_heads")
    elif checkpoint.format == "hugging_face":
        config = hugging_face_weights.alignment_heads(checkpoint.path)
    else:
        config = None
    dims = _dimensions(folder / model_folders.CTRANSLATE2_WEIGHTS)
    return alignment_heads.choose(checkpoint, dims, config, given)


def _with_heads(folder: Path, chosen: AlignmentHeads, cache: Path) -> Path:
    """The folder, or a copy with these alignment heads in its configuration.

    CTranslate2 reads the heads from the folder only. The copy links to the folder's files.
    """
    config = model_folders.read_json(folder / model_folders.CONFIG)
    pairs = [list(pair) for pair in chosen.heads]
    if chosen.source == "config" or config.get("alignment_heads") == pairs:
        return folder
    copy = cache / f"heads-{digest(str(folder.resolve()), pairs)}"
    if not copy.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".heads-", dir=cache))
        try:
            for name in os.listdir(folder):
                if name != model_folders.CONFIG:
                    (beside / name).symlink_to((folder / name).resolve())
            text = json.dumps({**config, "alignment_heads": pairs}, indent=2)
            (beside / model_folders.CONFIG).write_text(text, "utf-8")
            # A process that comes second finds the copy present, with the same files.
            if not copy.is_dir():
                beside.rename(copy)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return copy


def _dimensions(path: Path) -> Any:
    """The sizes that distinguish the published models, from the shapes of the weights."""
    variables = read_variables(path)
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
        raise AnnotateError(f"{path} is not a CTranslate2 model of Whisper: {error!r}") from error


def _layers(variables: Variables, part: str) -> int:
    found = (re.match(rf"{part}/layer_(\d+)/", name) for name in variables)
    return len({match[1] for match in found if match})

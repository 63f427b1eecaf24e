"""The CTranslate2 folder of a checkpoint, with the alignment heads to use in its configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

from annotate.model.errors import AnnotateError
from annotate.recognizers import alignment_heads, hugging_face_weights, model_folders
from annotate.recognizers.alignment_heads import AlignmentHeads
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.ctranslate2_conversion import converted, user_cache

_HEAD_WIDTH = 64
"""The width of one head in every published Whisper model, for files without their number."""
_INT16 = 2
"""CTranslate2's number of the number format of the numbers of heads."""
_VARIABLES = 100_000
"""More variables than any model has: the file is damaged."""


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
    if checkpoint.format != "ctranslate2":
        folder = converted(checkpoint, cache, heads)
        return folder, _choose(checkpoint, folder, heads)
    chosen = _choose(checkpoint, checkpoint.path, heads)
    try:
        return _with_heads(checkpoint, chosen, cache or user_cache()), chosen
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


def _with_heads(checkpoint: Checkpoint, chosen: AlignmentHeads, cache: Path) -> Path:
    """The folder, or a copy with these alignment heads in its configuration.

    CTranslate2 reads the heads from the folder only. The copy links to the folder's files.
    """
    config = model_folders.read_json(checkpoint.path / model_folders.CONFIG)
    pairs = [list(pair) for pair in chosen.heads]
    if config.get("alignment_heads") == pairs:
        return checkpoint.path
    folder = cache / f"{checkpoint.sha256}-heads-{alignment_heads.name_of(chosen)}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".heads-", dir=cache))
        try:
            for name in os.listdir(checkpoint.path):
                (beside / name).symlink_to((checkpoint.path / name).resolve())
            (beside / model_folders.CONFIG).unlink()
            text = json.dumps({**config, "alignment_heads": pairs}, indent=2)
            (beside / model_folders.CONFIG).write_text(text, "utf-8")
            # A process that comes second finds the folder present, with the same files.
            if not folder.is_dir():
                beside.rename(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return folder


def _dimensions(path: Path) -> Any:
    """The sizes that tell the published models apart, from the shapes of the weights."""
    try:
        with path.open("rb") as file:
            shapes, heads = _shapes(file)
        width = shapes["decoder/embeddings/weight"][1]
        return SimpleNamespace(
            n_mels=shapes["encoder/conv1/weight"][1],
            n_audio_layer=_layers(shapes, "encoder"),
            n_text_layer=_layers(shapes, "decoder"),
            n_text_head=heads or width // _HEAD_WIDTH,
            n_vocab=shapes["decoder/embeddings/weight"][0],
        )
    except (OSError, struct.error, KeyError, IndexError, UnicodeDecodeError) as error:
        raise AnnotateError(f"{path} is not a CTranslate2 model of Whisper: {error!r}") from error


def _layers(shapes: dict[str, tuple[int, ...]], part: str) -> int:
    found = (re.match(rf"{part}/layer_(\d+)/", name) for name in shapes)
    return len({match[1] for match in found if match})


def _shapes(file: BinaryIO) -> tuple[dict[str, tuple[int, ...]], int | None]:
    """The shapes of a model's variables by name, and the number of heads of the decoder."""
    _number(file, "<I")  # version of the format
    _text(file)  # name of the architecture
    _number(file, "<I")  # its revision
    count = _number(file, "<I")
    if count > _VARIABLES:
        raise struct.error("too many variables")
    shapes: dict[str, tuple[int, ...]] = {}
    heads: int | None = None
    for _ in range(count):
        name = _text(file)
        rank = _number(file, "<B")
        shapes[name] = tuple(_number(file, "<I") for _ in range(rank))
        number_format, size = _number(file, "<B"), _number(file, "<I")
        if name == "decoder/num_heads" and (number_format, size) == (_INT16, _INT16):
            heads = _number(file, "<h")
        else:
            file.seek(size, os.SEEK_CUR)
    return shapes, heads


def _number(file: BinaryIO, form: str) -> int:
    (value,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return int(value)


def _text(file: BinaryIO) -> str:
    return file.read(_number(file, "<H")).rstrip(b"\0").decode()

"""Folders with a Whisper model: in Hugging Face's format, or converted for CTranslate2."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from annotate.model.errors import AnnotateError

FolderFormat = Literal["hugging_face", "ctranslate2"]

CONFIG, GENERATION_CONFIG = "config.json", "generation_config.json"
WEIGHTS, WEIGHTS_INDEX = "model.safetensors", "model.safetensors.index.json"
CTRANSLATE2_WEIGHTS = "model.bin"

_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_CTRANSLATE2_FILES = (
    "vocabulary.json",
    "vocabulary.txt",
    "tokenizer.json",
    "preprocessor_config.json",
)

MODEL_FILES = frozenset(
    (CONFIG, GENERATION_CONFIG, WEIGHTS, WEIGHTS_INDEX, CTRANSLATE2_WEIGHTS, *_CTRANSLATE2_FILES)
)
_LFS = b"version https://git-lfs"


def format_of(folder: Path) -> FolderFormat:
    """Which kind of model the folder holds.

    Raises:
        AnnotateError: If it holds neither, or its weights only as a pickle.
    """
    if (folder / WEIGHTS).is_file() or (folder / WEIGHTS_INDEX).is_file():
        config = read_json(folder / CONFIG)
        if config.get("model_type") != "whisper":
            kind = config.get("model_type", "unknown")
            raise AnnotateError(f"{folder} is not a Whisper model: its model_type is {kind!r}")
        _reject_pointer(folder / WEIGHTS)
        return "hugging_face"
    if (folder / CTRANSLATE2_WEIGHTS).is_file():
        _reject_pointer(folder / CTRANSLATE2_WEIGHTS)
        return "ctranslate2"
    if any((folder / name).is_file() for name in _PICKLES):
        raise AnnotateError(
            f"{folder} has its weights only as a pickle, which can run code: save them as "
            f"{WEIGHTS} with save_pretrained(..., safe_serialization=True)"
        )
    raise AnnotateError(
        f"{folder} is a folder without a model: --model takes a name, a .pt file, or a folder with "
        f"{CONFIG} and {WEIGHTS} (Hugging Face) or {CTRANSLATE2_WEIGHTS} (CTranslate2)"
    )


def _reject_pointer(path: Path) -> None:
    """Reject what git writes in place of a large file where git-lfs isn't installed."""
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(_LFS)) == _LFS:
                raise AnnotateError(
                    f"{path} holds no weights, only git-lfs's pointer to them: install git-lfs "
                    f"and run git lfs pull in {path.parent}"
                )


def sha256_of(folder: Path, kind: FolderFormat) -> str:
    """One hash over the names and hashes of all files that determine the model's output.

    Raises:
        AnnotateError: If a file can't be read.
    """
    names = _files(folder) if kind == "hugging_face" else _converted_files(folder)
    digest = hashlib.sha256()
    for name in sorted(names):
        try:
            with (folder / name).open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise AnnotateError(f"cannot read {folder / name}: {error.strerror}") from error
        digest.update(f"{content}  {name}\n".encode())
    return digest.hexdigest()


def weight_files(folder: Path) -> tuple[str, ...]:
    """The names of the safetensors files, of which large models have several.

    Raises:
        AnnotateError: If the index of several files is damaged or names a path outside the folder.
    """
    if (folder / WEIGHTS).is_file():
        return (WEIGHTS,)
    weight_map = read_json(folder / WEIGHTS_INDEX).get("weight_map")
    values = list(weight_map.values()) if isinstance(weight_map, dict) else []
    names = {one for one in values if isinstance(one, str) and one and Path(one).name == one}
    names = {one for one in names if one.isprintable() and one != ".."}
    if not names or len(names) != len(set(map(str, values))):
        raise AnnotateError(f"{folder / WEIGHTS_INDEX} names no files in its folder")
    return tuple(sorted(names))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        AnnotateError: If there is no such file or it holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AnnotateError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise AnnotateError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise AnnotateError(f"{path} is not a JSON object")
    return value


def _files(folder: Path) -> list[str]:
    optional = [GENERATION_CONFIG] if (folder / GENERATION_CONFIG).is_file() else []
    return [CONFIG, *optional, *weight_files(folder)]


def _converted_files(folder: Path) -> list[str]:
    return [
        CTRANSLATE2_WEIGHTS,
        *(name for name in (CONFIG, *_CTRANSLATE2_FILES) if (folder / name).is_file()),
    ]

"""Checkpoints by name, file or folder. Imports torch only for a name of openai-whisper's."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Literal
from urllib.error import URLError

from annotate.model.errors import AnnotateError
from annotate.model.suggestions import did_you_mean
from annotate.recognizers.cache_folders import unfinished
from annotate.recognizers.model_folders import MODEL_FILES, FolderFormat, format_of, sha256_of

Format = Literal["openai"] | FolderFormat

_HUB = "https://huggingface.co"

_SAVED_BY_TORCH = (b"PK\x03\x04", b"\x80")
"""First bytes of a checkpoint: a ZIP, or a pickle in versions of torch before 1.6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Weights on disk.

    Attributes:
        path: A file as openai-whisper writes it, or the folder of another format.
        sha256: Of the file, or over all files of the folder that determine the output.
    """

    name: str
    path: Path
    sha256: str
    format: Format = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A checkpoint that an application brings, to be found by a name of its own.

    Attributes:
        sha256: The only content that the name stands for.
    """

    name: str
    path: Path
    sha256: str


_BUNDLED: dict[str, Bundled] = {}


def register(checkpoint: Bundled) -> None:
    """Let `find` know a checkpoint by its name, beside the names of openai-whisper."""
    _BUNDLED[checkpoint.name] = checkpoint


def find(name: str | None) -> Checkpoint:
    """The checkpoint of a name: a registered one, one of openai-whisper's, a file or a folder.

    One of openai-whisper's is downloaded on first use, and compared with its published hash.

    Raises:
        AnnotateError: If no name is given, it isn't known, there is no file, the file is no
            checkpoint or can't be downloaded, or a registered one has another content.
    """
    bundled = _BUNDLED.get(_named(name))
    if bundled is not None:
        return _bundled(bundled)
    path = _checkpoint_at(_named(name)) or _of_whisper(_named(name))
    if path.is_dir():
        kind = format_of(path)
        sha256 = sha256_of(path, kind)
        return Checkpoint(name=path.resolve().name, path=path, sha256=sha256, format=kind)
    return Checkpoint(name=path.name, path=path, sha256=_sha256(path))


def check(name: str | None) -> Format:
    """Check whether `find` knows the name, without loading or downloading anything.

    Returns:
        The model's format.

    Raises:
        AnnotateError: If no name is given, there is no such model, or the file isn't one.
    """
    if _named(name) in _BUNDLED:
        return "openai"
    path = _checkpoint_at(_named(name))
    if path is None:
        _reject_unknown(_named(name))
    return format_of(path) if path is not None and path.is_dir() else "openai"


def _named(name: str | None) -> str:
    if name is None:
        raise AnnotateError(
            "no model is chosen: pass --model turbo, another name of openai-whisper's, a .pt file "
            "or a model's folder, or set `model` under [transcribe] in annotate.toml"
        )
    return name


def _bundled(one: Bundled) -> Checkpoint:
    if not one.path.is_file():
        raise AnnotateError(f"the model {one.name!r} is not at {one.path}: run from a clone")
    sha256 = _sha256(one.path)
    if sha256 != one.sha256:
        raise AnnotateError(
            f"{one.path} is not the checkpoint of this version (its SHA-256 is {sha256}): check it "
            "out again, or pass its path to --model if you trained it"
        )
    return Checkpoint(name=one.name, path=one.path, sha256=sha256)


def _checkpoint_at(name: str) -> Path | None:
    """The file or folder whose path is the name, if one exists.

    Raises:
        AnnotateError: If it is no checkpoint, or is missing and the name can only be a path.
    """
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:  # `~` of a user who does not exist
        raise AnnotateError(f"there is no file {name}: {error}") from error
    # By the text, as `Path` drops `./` and a slash at the end.
    is_path = path.suffix == ".pt" or os.sep in name or name in (os.curdir, os.pardir)
    try:
        if is_path and path.is_dir():
            format_of(path)
            return path
        if path.is_file():
            _reject_other_file(path)
            return path
    except OSError as error:  # such as a name that is too long
        raise AnnotateError(f"cannot read {path}: {error.strerror}") from error
    if is_path:
        beside = (one.name for one in path.parent.glob("*.pt"))
        near = did_you_mean(path.name, beside)
        raise AnnotateError(f"there is no file {path}{near or _how_to_download(name)}")
    return None


def _reject_other_file(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4).startswith(_SAVED_BY_TORCH):
            return
    if path.name in MODEL_FILES:
        raise AnnotateError(
            f"{path} is one file of a model: give the folder, {path.parent}{os.sep}"
        )
    raise AnnotateError(
        f"{path} is not a Whisper checkpoint: --model takes a .pt file as openai-whisper writes "
        "it, or the folder of a model in another format"
    )


def _how_to_download(name: str) -> str:
    """A hint where the name looks like a repository of the Hugging Face Hub, such as `a/b`."""
    match = re.fullmatch(rf"(?:{_HUB}/)?([\w-][\w.-]*/[\w-][\w.-]*?)/?", name)
    if match is None or name.endswith(".pt"):
        return ""
    return (
        f" or folder. If it is a model of the Hugging Face Hub, download {match[1]} into a folder "
        "and give its path"
    )


def _reject_unknown(name: str) -> None:
    import whisper  # seconds, and torch with it: only when its names are needed

    known = [*_BUNDLED, *whisper.available_models()]
    if name not in known:
        if name and "\0" not in name and Path(name).is_dir():
            shown = quote(f"./{name}")
            raise AnnotateError(f"no model {name!r}: for the folder of that name give {shown}")
        near = did_you_mean(name, known)
        raise AnnotateError(
            f"no model {name!r}{near or ':'} {'Give' if near else 'give'} a path to a .pt file "
            f"or one of {', '.join(known)}"
        )


def _of_whisper(name: str) -> Path:
    """The path of openai-whisper's weights of this name, downloaded if need be."""
    import whisper  # seconds, and torch with it: only when its names are needed

    _reject_unknown(name)
    folder = Path(os.getenv("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "whisper"
    url: str = whisper._MODELS[name]
    path: Path = folder / url.rsplit("/", 1)[1]
    try:
        # openai-whisper writes under the final name, so an incomplete download has it, too.
        if not path.is_file() or _sha256(path) != url.split("/")[-2]:
            with unfinished(folder) as beside:
                Path(whisper._download(url, str(beside), in_memory=False)).replace(path)
    except (URLError, OSError, RuntimeError) as error:
        raise AnnotateError(
            f"cannot download the model {name!r} ({error}): connect to the internet, put the file "
            f"at {path}, or pass the path of a .pt file to --model"
        ) from error
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

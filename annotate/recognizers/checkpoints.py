"""Checkpoints by name or path. Needs no torch unless the name is one of Whisper's own."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import annotate
from annotate.model.errors import AnnotateError
from annotate.model.suggestions import did_you_mean

DEMO = "demo"
DEMO_PATH = Path("data/demo/whisper-demo.pt")
"""The checkpoint in the repository, for synthetic voices and a small vocabulary only."""
DEMO_SHA256 = "c3beae6c2a724151c56753c49981170b0df5f6f6f69c0855f9d777e345b544a7"
"""Its hash: the documented figures of the demo apply to this file alone."""

_SAVED_BY_TORCH = (b"PK\x03\x04", b"\x80")
"""First bytes of a checkpoint: a ZIP, or a pickle in versions of torch before 1.6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Weights on disk, in openai-whisper's file format."""

    name: str
    path: Path
    sha256: str


def find(name: str) -> Checkpoint:
    """The checkpoint of a name: `demo`, one of Whisper's own names, or a path.

    One of Whisper's own is downloaded on first use, with its published hash checked.

    Raises:
        AnnotateError: If it is unknown, missing or no checkpoint, can't be downloaded, or is
            the demo's and not the file that came with this version.
    """
    if name == DEMO:
        path = Path(annotate.__file__).parents[1] / DEMO_PATH
        if not path.is_file():
            raise AnnotateError(f"the demo's model is not at {path}: run from a clone")
    else:
        path = _checkpoint_at(name) or _of_whisper(name)
    sha256 = _sha256(path)
    if name == DEMO and sha256 != DEMO_SHA256:
        raise AnnotateError(
            f"{path} is not the checkpoint of this version (its SHA-256 is {sha256}): check it out "
            "again, or pass its path to --model if you trained it"
        )
    return Checkpoint(name=DEMO if name == DEMO else path.name, path=path, sha256=sha256)


def check(name: str) -> None:
    """Check whether `find` accepts the name, without loading or downloading anything.

    Raises:
        AnnotateError: If there is no such model, or the file isn't one.
    """
    if name != DEMO and _checkpoint_at(name) is None:
        _reject_unknown(name)


def _checkpoint_at(name: str) -> Path | None:
    """The file whose path is the name, if one exists.

    Raises:
        AnnotateError: If the file is no checkpoint, or is missing and the name can only be a path.
    """
    path = Path(name).expanduser()
    is_path = path.suffix == ".pt" or len(path.parts) > 1
    if is_path and path.is_dir():
        raise AnnotateError(f"{path} is a folder: --model takes a .pt file or a model's name")
    if path.is_file():
        with path.open("rb") as file:
            if not file.read(4).startswith(_SAVED_BY_TORCH):
                raise AnnotateError(
                    f"{path} is not a Whisper checkpoint: --model takes a .pt file as "
                    "openai-whisper writes it"
                )
        return path
    if is_path:
        beside = (one.name for one in path.parent.glob("*.pt"))
        raise AnnotateError(f"there is no file {path}{did_you_mean(path.name, beside)}")
    return None


def _reject_unknown(name: str) -> None:
    import whisper  # seconds, and torch with it: only when its names are needed

    known = [DEMO, *whisper.available_models()]
    if name not in known:
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
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".downloading-") as beside:
                Path(whisper._download(url, beside, in_memory=False)).replace(path)
    except (URLError, OSError, RuntimeError) as error:
        raise AnnotateError(
            f"cannot download the model {name!r} ({error}): connect to the internet, put the file "
            f"at {path}, or use --model demo, which needs neither"
        ) from error
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Which weights a name stands for, and loading them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
import whisper

import annotate
from annotate.model.errors import AnnotateError

DEMO = "demo"
DEMO_PATH = Path("data/demo/whisper-demo.pt")
"""The checkpoint that lies in the repository: synthetic voices and a small vocabulary only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Weights on disk, in openai-whisper's file format."""

    name: str
    path: Path
    sha256: str


def find(name: str) -> Checkpoint:
    """The checkpoint that `name` stands for: `demo`, one of Whisper's own names, or a path.

    One of Whisper's own is downloaded on first use, with its published hash checked.

    Raises:
        AnnotateError: If it isn't known, isn't there or can't be downloaded.
    """
    if name == DEMO:
        path = Path(annotate.__file__).parents[1] / DEMO_PATH
        if not path.is_file():
            raise AnnotateError(f"the demo's model is not at {path}: run from a clone")
    elif name in whisper.available_models():
        path = _download(name)
    else:
        path = Path(name).expanduser()
        if not path.is_file():
            known = ", ".join([DEMO, *whisper.available_models()])
            raise AnnotateError(f"no model {name!r}: give a path to a .pt file or one of {known}")
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Checkpoint(name=DEMO if name == DEMO else path.name, path=path, sha256=sha256)


def load(checkpoint: Checkpoint, device: str) -> Any:
    """The checkpoint as a `whisper.model.Whisper` on a device, ready to run.

    Raises:
        AnnotateError: If the file isn't a Whisper checkpoint or doesn't fit the device.
    """
    try:
        return whisper.load_model(str(checkpoint.path), device=device)
    except torch.cuda.OutOfMemoryError as error:
        raise AnnotateError(
            f"{checkpoint.name} doesn't fit into the GPU's memory: "
            "use a smaller --model or --device cpu"
        ) from error
    except Exception as error:  # whatever torch makes of a file that isn't a checkpoint
        raise AnnotateError(f"{checkpoint.path} is not a Whisper checkpoint: {error}") from error


def pick_device(wish: str) -> str:
    """The device to run on: `auto` takes a GPU if there is one.

    Raises:
        AnnotateError: If a GPU is asked for and there is none.
    """
    if wish == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wish.startswith("cuda") and not torch.cuda.is_available():
        raise AnnotateError("no GPU can be seen: use --device cpu, or mend the NVIDIA driver")
    return wish


def _download(name: str) -> Path:
    folder = Path(os.getenv("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "whisper"
    url: str = whisper._MODELS[name]
    path: Path = folder / url.rsplit("/", 1)[1]
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whisper._download(url, str(folder), in_memory=False)
    except (URLError, OSError, RuntimeError) as error:
        raise AnnotateError(
            f"cannot download the model {name!r} ({error}): connect to the internet, put the file "
            f"at {path}, or use --model demo, which needs neither"
        ) from error
    return path

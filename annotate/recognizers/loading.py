"""Loading of weights from disk onto a device."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
import whisper
from whisper.tokenizer import LANGUAGES

from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput


def load(checkpoint: Checkpoint, device: str) -> Any:
    """The checkpoint as a `whisper.model.Whisper` on a device, ready to run.

    Raises:
        AnnotateError: If the file isn't a Whisper checkpoint or doesn't fit the device.
    """
    try:
        network = whisper.load_model(str(checkpoint.path), device=device)
    except torch.cuda.OutOfMemoryError as error:
        raise AnnotateError(
            f"{checkpoint.name} doesn't fit into the GPU's memory: "
            "use a smaller --model or --device cpu"
        ) from error
    except Exception as error:  # torch raises any type for a file that is no checkpoint
        raise AnnotateError(f"{checkpoint.path} is not a Whisper checkpoint: {error}") from error
    published = {url.split("/")[-2]: name for name, url in whisper._MODELS.items()}
    if name := published.get(checkpoint.sha256):
        # Loaded by its path, it would take half of all heads for those that follow the sound.
        network.set_alignment_heads(whisper._ALIGNMENT_HEADS[name])
    return network


def known_languages(network: Any) -> tuple[str, ...]:
    """The codes of the languages of a `whisper.model.Whisper`."""
    return tuple(LANGUAGES)[: network.num_languages] if network.is_multilingual else ("en",)


def given_language(
    speech: RecognizerInput, decoding: DecodingOptions, known: Collection[str]
) -> str | None:
    """The recording's language, if the network has it; None to have it detected."""
    language = decoding.language or speech.language
    if len(known) == 1:
        (language,) = known
    return language if language in known else None


def pick_device(device: str) -> str:
    """The device to run on: `auto` takes a GPU if there is one.

    Raises:
        AnnotateError: If a GPU is requested and there is none.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise AnnotateError("no GPU is available: use --device cpu, or repair the NVIDIA driver")
    return device

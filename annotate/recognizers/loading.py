"""Loading of weights from disk onto a device."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
import whisper
from whisper.tokenizer import LANGUAGES

from annotate.model.errors import AnnotateError
from annotate.recognizers import alignment_heads, hugging_face_weights
from annotate.recognizers.alignment_heads import AlignmentHeads
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedNetwork:
    """Weights on a device.

    Attributes:
        network: A `whisper.model.Whisper`.
        alignment_heads: As set in the network, with their source.
    """

    network: Any
    alignment_heads: AlignmentHeads


def load(checkpoint: Checkpoint, device: str, heads: str | None = None) -> LoadedNetwork:
    """Load a checkpoint onto a device, ready to run. Nothing in its files is executed.

    Args:
        heads: The alignment heads to use, as text; None takes those of the checkpoint.

    Raises:
        AnnotateError: If the file isn't a Whisper checkpoint or doesn't fit the device, or there is
            no such alignment head.
    """
    if checkpoint.format == "ctranslate2":
        raise AnnotateError(f"{checkpoint.path} is a CTranslate2 model: add --engine ctranslate2")
    try:
        network, config = _read(checkpoint, device)
    except AnnotateError:
        raise
    except torch.cuda.OutOfMemoryError as error:
        raise AnnotateError(
            f"{checkpoint.name} doesn't fit into the GPU's memory: "
            "use a smaller --model or --device cpu"
        ) from error
    except Exception as error:  # torch raises any type for a file that is no checkpoint
        reason = " ".join(str(error).split())[:300]
        raise AnnotateError(f"{checkpoint.path} is not a Whisper checkpoint: {reason}") from error
    if not all(bool(torch.isfinite(weights).all()) for weights in network.parameters()):
        raise AnnotateError(f"{checkpoint.path} has weights that are NaN or infinite")
    chosen = alignment_heads.choose(checkpoint, network.dims, config, heads)
    alignment_heads.apply(network, chosen)
    return LoadedNetwork(network=network, alignment_heads=chosen)


def _read(checkpoint: Checkpoint, device: str) -> tuple[Any, object]:
    """The network, and the alignment heads that its configuration names."""
    if checkpoint.format == "openai":  # torch reads it with `weights_only`
        return whisper.load_model(str(checkpoint.path), device=device), None
    dims, weights = hugging_face_weights.load(checkpoint.path)
    network = whisper.model.Whisper(dims)
    network.load_state_dict(weights)
    return network.to(device), hugging_face_weights.alignment_heads(checkpoint.path)


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
        AnnotateError: If a GPU is requested and there is none, or it is no device's name.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", device):
        raise AnnotateError(f"no device {device!r}: give auto, cpu, cuda, or a GPU such as cuda:1")
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise AnnotateError("no GPU is available: use --device cpu, or repair the NVIDIA driver")
    return device

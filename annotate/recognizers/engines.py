"""Engines by name."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Sequence

from annotate.model.errors import AnnotateError
from annotate.recognizers import checkpoints
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import AUTO, Engine, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer


def check(options: TranscribeOptions) -> None:
    """Check that there is such a model and that the engine reads its format, without loading it.

    Raises:
        AnnotateError: If not.
    """
    if checkpoints.check(options.model) != "ctranslate2":
        return
    if options.engine not in ("ctranslate2", AUTO):
        raise AnnotateError(f"{options.model} is a CTranslate2 model: add --engine ctranslate2")


def suitable(options: TranscribeOptions, checkpoint: Checkpoint) -> Sequence[Engine]:
    """The engines that `auto` chooses from, installed or not; the preferred one first.

    `stock` isn't among them: it is the reference for results, and slower than `annotate`.
    """
    if checkpoint.format == "ctranslate2" or options.compute_type == "int8":
        return ("ctranslate2",)
    return ("annotate", "ctranslate2")


def is_installed(engine: Engine) -> bool:
    """Whether the engine's optional packages are installed. Imports none of them."""
    return engine != "ctranslate2" or importlib.util.find_spec("faster_whisper") is not None


def release_memory() -> None:
    """Give memory of engines that are no longer referenced back to the device."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def make(options: TranscribeOptions, checkpoint: Checkpoint) -> Recognizer:
    """The engine that the options name, its weights loaded.

    Raises:
        AnnotateError: If its library isn't installed, the weights don't load on the device, or
            Whisper doesn't have the language.
        ValueError: If the engine isn't chosen yet.
    """
    if options.engine == AUTO:
        raise ValueError("an engine must be chosen before it is made")
    _reject_unknown(options.decoding.language)
    heads = options.alignment_heads
    if options.engine == "stock":
        from annotate.recognizers.compute_types import check_stock
        from annotate.recognizers.loading import pick_device
        from annotate.recognizers.openai_whisper import OpenAIWhisper

        check_stock(options.compute_type, pick_device(options.device))
        return OpenAIWhisper(checkpoint, options.device, options.decoding, heads)
    if options.engine == "ctranslate2":
        from annotate.recognizers.faster_whisper import FasterWhisper

        return FasterWhisper(
            checkpoint,
            options.device,
            options.decoding,
            compute_type=options.compute_type,
            alignment_heads=heads,
        )
    from annotate.recognizers.batched_whisper.engine import BatchedWhisper

    return BatchedWhisper(
        checkpoint,
        options.device,
        options.decoding,
        options.batch_windows,
        alignment_heads=heads,
        compute_type=options.compute_type,
        memory_gb=options.memory_gb,
    )


def _reject_unknown(language: str | None) -> None:
    """Reject a language that Whisper doesn't have before hours of work start."""
    from whisper.tokenizer import LANGUAGES

    if language is not None and language not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise AnnotateError(f"no language {language!r}: give one of {known}")

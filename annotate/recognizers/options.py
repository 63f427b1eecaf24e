"""The recognizer's settings, without the code that uses them: importing them needs no torch."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from annotate.model.language import LanguageTag

Engine = Literal["annotate", "stock", "ctranslate2"]
"""`annotate` batches windows over recordings, `stock` is unmodified openai-whisper,
`ctranslate2` is faster-whisper."""

AUTO: Literal["auto"] = "auto"
"""The setting for the fastest engine on this machine; replaced by an `Engine` before planning."""

ENGINE_VERSIONS: dict[str, int] = {"annotate": 3, "stock": 3, "ctranslate2": 3}
"""Raised when an engine's results change, so that they are made again. Planning reads them here,
where no torch is needed."""


ComputeType = Literal["float32", "float16", "bfloat16", "int8"]
"""Number formats of matrix products; which there are depends on the engine and the device."""


class ActivityOptions(BaseModel, frozen=True, extra="forbid"):
    """How speech is separated from silence; the threshold is silero-vad's own default."""

    threshold: float = Field(0.5, ge=0, le=1, description="Probability that counts as speech.")
    min_speech_ms: int = Field(250, ge=0, description="Shorter bursts are not speech.")
    min_silence_ms: int = Field(300, ge=0, description="Shorter pauses don't end a stretch.")


def _plain_text(text: str) -> str:
    """The text, if it has no special tokens, which would change how Whisper reads the rest."""
    if special := re.search(r"<\|[^|]*\|>", text):
        raise ValueError(f"{special[0]} is a special token of Whisper's: give plain text")
    return text


class DecodingOptions(BaseModel, frozen=True, extra="forbid"):
    """How text is decoded; the thresholds are openai-whisper's own defaults.

    Text is never conditioned on the text before it: that causes endless repetitions (whisper.cpp
    issue 2755).
    """

    temperatures: tuple[float, ...] = Field(
        (0.0, 0.4, 0.8), min_length=1, description="Tried in turn while the result is doubtful."
    )
    compression_ratio_threshold: float = 2.4
    logprob_threshold: float = -1.0
    no_speech_threshold: float = 0.6
    language: LanguageTag = Field(None, description="Such as en; None takes the recording's own.")
    initial_prompt: Annotated[str, AfterValidator(_plain_text)] | None = Field(
        None, description="Words to expect, as a sentence."
    )


def _heads_as_text(text: str) -> str:
    """The text without blanks, if it names alignment heads."""
    plain = "".join(text.split())
    if not re.fullmatch(r"[0-9]{1,3}:[0-9]{1,3}(,[0-9]{1,3}:[0-9]{1,3})*", plain):
        raise ValueError("give LAYER:HEAD,LAYER:HEAD, such as 3:1,4:2")
    return plain


class TranscribeOptions(BaseModel, frozen=True, extra="forbid"):
    """Which recognizer, on which device, how it decodes, and what counts as speech.

    Settings that change only speed or bookkeeping are in `SPEED_ONLY` and need no new transcripts.
    """

    model: str | None = Field(
        None,
        description="One of openai-whisper's names, `demo`, a .pt file, or a folder in Hugging "
        "Face's or CTranslate2's format.",
    )
    engine: Literal[Engine, "auto"] = Field(
        "annotate",
        description="The code that runs the model; `auto` measures which is the fastest here.",
    )
    device: str = Field("auto", description="`auto`, `cpu` or `cuda`.")
    compute_type: ComputeType | None = Field(
        None,
        description="float32, float16, bfloat16 or int8; None takes the fastest of the engine's on "
        "this device that gives Whisper's accuracy.",
    )
    batch_windows: int | None = Field(
        None, gt=0, description="Windows of speech at once; None takes what the memory can hold."
    )
    memory_gb: float = Field(
        2.0,
        ge=1.3,
        le=1e6,
        description="Memory on a CPU for everything but the model's weights, in GB; the libraries "
        "and prepared recordings take 1.3.",
    )
    gpu_hour_price: float | None = Field(
        None, ge=0, description="What an hour of the device costs, in any money."
    )
    alignment_heads: Annotated[str, AfterValidator(_heads_as_text)] | None = Field(
        None,
        description="The cross-attention heads that word times are computed from, as "
        "LAYER:HEAD,LAYER:HEAD; None takes those of the model.",
    )
    decoding: DecodingOptions = DecodingOptions()
    activity: ActivityOptions = ActivityOptions()


SPEED_ONLY = frozenset({"device", "batch_windows", "memory_gb", "gpu_hour_price"})
"""Transcription options that must not change a transcript."""

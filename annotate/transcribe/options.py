"""The recognizer's settings, apart from the code that obeys them: reading them needs no torch."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ActivityOptions(BaseModel, frozen=True, extra="forbid"):
    """How speech is told from silence; the threshold is silero-vad's own default."""

    threshold: float = Field(0.5, ge=0, le=1, description="Probability that counts as speech.")
    min_speech_ms: int = Field(250, ge=0, description="Shorter bursts are not speech.")
    min_silence_ms: int = Field(300, ge=0, description="Shorter pauses don't end a stretch.")


class DecodingOptions(BaseModel, frozen=True, extra="forbid"):
    """How text is decoded; the thresholds are openai-whisper's own defaults.

    Text is never conditioned on the text before it: that is what makes repetitions go round and
    round (whisper.cpp issue 2755).
    """

    temperatures: tuple[float, ...] = Field(
        (0.0, 0.4, 0.8), min_length=1, description="Tried in turn while the result is doubtful."
    )
    compression_ratio_threshold: float = 2.4
    logprob_threshold: float = -1.0
    no_speech_threshold: float = 0.6
    language: str | None = Field(None, description="ISO 639-1; None takes the recording's own.")
    initial_prompt: str | None = Field(None, description="Words to expect, as a sentence.")


class TranscribeOptions(BaseModel, frozen=True, extra="forbid"):
    """Which recognizer, on which device, how it decodes, and what counts as speech."""

    model: str = Field("demo", description="`demo`, one of Whisper's names, or a path.")
    device: str = Field("auto", description="`auto`, `cpu` or `cuda`.")
    decoding: DecodingOptions = DecodingOptions()
    activity: ActivityOptions = ActivityOptions()

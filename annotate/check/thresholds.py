"""Every bound of the checks, with its unit and its source.

`flag` marks the recording for a reviewer, `reject` excludes it from captions. A value on the bound
passes. Where no source is named the bound is this project's own choice.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """The bounds. Fractions are from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    missing_flag_s: float = Field(
        0.5, ge=0, description="s of audio fewer than the recorder's clock; its own slack."
    )
    missing_reject_s: float = Field(
        1.0, ge=0, description="s likewise; counts together with `missing_reject_share`."
    )
    missing_reject_share: float = Field(
        0.1, ge=0, le=1, description="of the recorder's time; counts with `missing_reject_s`."
    )
    extra_flag_s: float = Field(2.0, ge=0, description="s of audio more than the recorder's clock.")
    gaps_flag_s: float = Field(
        0.25,
        ge=0,
        description="s of sound missing, a short word; where two MP3s were joined 0.03 is.",
    )
    short_flag_s: float = Field(
        20.0, ge=0, description="s; annotators are asked for 60 to 90 (PixMo-Cap's protocol)."
    )
    short_reject_s: float = Field(5.0, ge=0, description="s; a sentence at most.")
    long_flag_s: float = Field(180.0, ge=0, description="s; twice the requested length.")
    long_reject_s: float = Field(900.0, ge=0, description="s; a recorder left running.")
    clipped_flag_share: float = Field(
        0.03, ge=0, le=1, description="of samples near the top; clean speech has 0.5 to 1 %."
    )
    clipped_reject_share: float = Field(
        0.05, ge=0, le=1, description="of samples near the top; even noise has only 2 %."
    )
    no_speech_reject_share: float = Field(
        0.02, ge=0, le=1, description="of the time is speech; a word or two in a minute."
    )
    little_speech_flag_share: float = Field(
        0.4, ge=0, le=1, description="of the time is speech; people describing speak 70 to 80 %."
    )
    silent_flag_dbfs: float = Field(
        -45.0, le=0, description="dBFS, RMS; 20 dB under the usual level of speech."
    )
    silent_reject_dbfs: float = Field(
        -65.0, le=0, description="dBFS, RMS; the noise of a microphone alone."
    )
    noisy_flag_db: float = Field(
        12.0,
        description="dB of speech over the noise floor: real recordings measure 15 to 33, "
        "synthetic 35 to 38; with white noise 10 dB below the speech 9 to 10.4, 15 dB below 13.7.",
    )
    transients_flag_count: int = Field(
        0, ge=0, description="clicks or thuds louder than the voice; most recordings have none."
    )
    unsure_flag_logprob: float = Field(
        -1.0, le=0, description="mean log-probability; openai-whisper's default for a retry."
    )
    unsure_reject_logprob: float = Field(
        -2.5, le=0, description="mean log-probability; a token in twelve is right by its own word."
    )
    invented_flag_share: float = Field(
        0.1, ge=0, le=1, description="of words lie where nobody spoke (openai-whisper 1838)."
    )
    invented_reject_share: float = Field(0.5, ge=0, le=1, description="of words likewise.")
    hurried_flag_wpm: float = Field(
        280.0, ge=0, description="words a minute of speech; talkers rarely pass 250."
    )
    hurried_reject_wpm: float = Field(
        500.0, ge=0, description="words a minute of speech; nobody speaks that fast."
    )
    slow_flag_wpm: float = Field(
        60.0, ge=0, description="words a minute of speech; the recognizer left words out."
    )
    repetitive_flag_ratio: float = Field(
        2.4, ge=0, description="compression ratio; openai-whisper's default for a retry."
    )
    loop_flag_words: int = Field(8, ge=0, description="words in one loop; people rarely do that.")
    loop_reject_words: int = Field(
        60, ge=0, description="words in one loop; a 30 s window with nothing else in it."
    )
    trace_outside_flag_share: float = Field(
        0.05, ge=0, le=1, description="of the trace's points lie after the recording's end."
    )
    trace_still_flag_frac: float = Field(
        0.01, ge=0, description="of the image; a pointer that points at things goes farther."
    )
    trace_brief_flag_share: float = Field(
        0.02, ge=0, le=1, description="of the recording; a trace that ends so early ties nothing."
    )
    corrected_flag_share: float = Field(
        0.3, ge=0, le=1, description="of words; a model that fails, or words that nobody said."
    )
    edits_lost_flag_count: int = Field(
        0, ge=0, description="corrections whose word isn't in the transcript any more."
    )
    unique_flag_share: float = Field(
        0.4, ge=0, le=1, description="of words are different; NeMo SDP's hallucination flag."
    )

"""What was heard: words and segments on the recording's clock.

Times are integer milliseconds from the start of the recording; spans are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of the recording: `start_ms` is in it, `end_ms` is not."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it lasts, in milliseconds."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The smallest timed unit of a transcript.

    Attributes:
        text: The word as the recognizer wrote it, punctuation attached, no spaces around it.
        start_ms: When it begins.
        end_ms: When it ends; the next word may begin later, never earlier.
        probability: The recognizer's confidence, from 0 to 1.
        segment: Which of the transcript's segments it belongs to.
        interpolated: True when the recognizer gave no usable time and ours was filled in.
        space_before: Whether a blank stands between it and the word before; `text_of` uses it.
        window: Which of the stretches of sound that were recognized apart it was found in, by
            their order; None when that isn't known.
    """

    text: str
    start_ms: int
    end_ms: int
    probability: float
    segment: int
    interpolated: bool = False
    space_before: bool = True
    window: int | None = None


class Written(Protocol):
    """A word that knows how it joins the word before."""

    @property
    def text(self) -> str:
        """The word, without blanks around it."""

    @property
    def space_before(self) -> bool:
        """Whether a blank stands before it."""


def text_of(words: Iterable[Written]) -> str:
    """The text that words make, as it was written: `か` and `べ` make `かべ`."""
    return "".join(
        f" {word.text}" if index and word.space_before else word.text
        for index, word in enumerate(words)
    )


def joining(row: Mapping[str, Any]) -> dict[str, Any]:
    """A word's row as a lake keeps it, with what rows of older lakes lack: blanks everywhere."""
    return {**row, "space_before": row.get("space_before") is not False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A chunk as the recognizer cut it, with its own doubts.

    Attributes:
        avg_logprob: Mean natural log-probability of the tokens; nearer 0 is surer.
        no_speech_prob: The recognizer's belief that nobody spoke, from 0 to 1.
        compression_ratio: Length of the text over its zlib-compressed length; above 2.4 it loops.
        temperature: The decoding temperature that was finally used.
    """

    start_ms: int
    end_ms: int
    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What the recognizer heard in one recording.

    Attributes:
        language: ISO 639-1 code, as asked for or as detected.
        speech: Where the speech-activity detector heard somebody.
        speech_dbfs: Level of those stretches in dB relative to full scale; None if there are none.
        noise_dbfs: Level of the rest, likewise.
    """

    language: str
    text: str
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    speech: tuple[Span, ...]
    speech_dbfs: float | None = None
    noise_dbfs: float | None = None

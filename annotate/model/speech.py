"""Transcript types: words and segments timed on the recording's clock.

Times are integer milliseconds from the start of the recording; spans are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """An interval of the recording: `start_ms` is inclusive, `end_ms` exclusive."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """Duration in milliseconds."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The smallest timed unit of a transcript.

    Attributes:
        text: The word as the recognizer wrote it, punctuation attached, no spaces around it.
        start_ms: When it begins.
        end_ms: When it ends; the next word may begin later, never earlier.
        probability: The recognizer's confidence, from 0 to 1.
        segment: Index of its segment in the transcript.
        interpolated: True when the recognizer returned no usable time and it was interpolated.
        space_before: Whether there is a blank between it and the word before; `text_of` uses it.
        window: Index of the separately recognized window of sound that contains it; None when
            that isn't known.
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
    """A word and whether a blank separates it from the word before."""

    @property
    def text(self) -> str:
        """The word, without blanks around it."""

    @property
    def space_before(self) -> bool:
        """Whether there is a blank before it."""


def text_of(words: Iterable[Written]) -> str:
    """The text of the words, joined as in the transcript: `か` and `べ` make `かべ`."""
    return "".join(
        f" {word.text}" if index and word.space_before else word.text
        for index, word in enumerate(words)
    )


def joining(row: Mapping[str, Any]) -> dict[str, Any]:
    """A word's row with `space_before` filled in: rows of older lakes have blanks everywhere."""
    return {**row, "space_before": row.get("space_before") is not False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A segment as the recognizer returned it, with its confidence values.

    Attributes:
        avg_logprob: Mean natural log-probability of the tokens; nearer 0 is more confident.
        no_speech_prob: The recognizer's probability that nobody spoke, from 0 to 1.
        compression_ratio: Length of the text over its zlib-compressed length; above 2.4 the
            text is likely to be a repetition loop.
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
    """Transcript of one recording.

    Attributes:
        language: ISO 639-1 code, as requested or as detected.
        speech: Intervals in which the speech activity detector found speech.
        speech_dbfs: Level of those intervals in dB relative to full scale; None if there are none.
        noise_dbfs: Level of the rest, in the same unit.
    """

    language: str
    text: str
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    speech: tuple[Span, ...]
    speech_dbfs: float | None = None
    noise_dbfs: float | None = None

"""What was heard: words and segments on the recording's clock.

Times are integer milliseconds from the start of the recording; spans are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    """

    text: str
    start_ms: int
    end_ms: int
    probability: float
    segment: int
    interpolated: bool = False


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

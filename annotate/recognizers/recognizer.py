"""The interface of a speech recognition engine: its input and its output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from annotate.media.audio import RATE, Samples
from annotate.model.speech import Segment, Span, Word


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecognizerInput:
    """One recording, prepared for a recognizer.

    Attributes:
        samples: Mono float32 at 16 kHz; shape (samples,).
        windows: The spans to transcribe, in order, none longer than 30 s.
        language: The language set in the annotator's project, or None to detect it.
        speech: Spans of speech, in order and without overlap.
    """

    recording_id: str
    samples: Samples
    windows: tuple[Span, ...]
    language: str | None
    speech: tuple[Span, ...] = ()

    def samples_of(self, window: Span) -> Samples:
        """The samples of a span."""
        return self.samples[window.start_ms * RATE // 1000 : window.end_ms * RATE // 1000]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizerOutput:
    """The transcript of one recording, on the recording's clock.

    Word times may be out of order or past the end; `transcribe.timestamps` corrects them.
    """

    recording_id: str
    language: str
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]


class Recognizer(Protocol):
    """An engine with its weights loaded. Outputs come in any order, one for each input."""

    engine: str
    model: str
    model_sha256: str

    def options(self) -> dict[str, Any]:
        """Every option that can change the output, as plain values."""

    def transcribe(self, recordings: Iterable[RecognizerInput]) -> Iterator[RecognizerOutput]:
        """Transcribe recordings, reading the iterable no faster than they are decoded."""

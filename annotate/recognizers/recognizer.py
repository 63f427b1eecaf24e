"""What a recognizer must offer, whichever engine is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from annotate.media.audio import RATE, Samples
from annotate.model.speech import Segment, Span, Word


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speech:
    """One recording, ready for the recognizer.

    Attributes:
        samples: Mono float32 at 16 kHz; shape (samples,).
        windows: The stretches to transcribe, in order, none longer than 30 s.
        language: As the annotator's project says, or None to detect it.
        spans: Where somebody speaks, in order and without overlap.
    """

    recording_id: str
    samples: Samples
    windows: tuple[Span, ...]
    language: str | None
    spans: tuple[Span, ...] = ()

    def sound(self, window: Span) -> Samples:
        """The samples of a stretch."""
        return self.samples[window.start_ms * RATE // 1000 : window.end_ms * RATE // 1000]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the recognizer made of one recording, on the recording's clock.

    Word times may still be rough (out of order, past the end): `clock.tidy` mends them.
    """

    recording_id: str
    language: str
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]


class Transcriber(Protocol):
    """An engine with its weights loaded. Results may come in any order, one a recording."""

    engine: str
    model: str
    model_sha256: str

    def options(self) -> dict[str, Any]:
        """Everything that can change the result, as plain values."""

    def transcribe(self, recordings: Iterable[Speech]) -> Iterator[Heard]:
        """Transcribe recordings, drawing on the iterable only as fast as it can work."""

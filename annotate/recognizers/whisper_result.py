"""Conversion of openai-whisper's result dictionaries to segments on the recording's clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.word_pieces import Fragment, words_of


class Collected:
    """A recording's segments and words, collected window by window."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.words: list[Word] = []
        self._windows = 0

    def add(self, raw: Iterable[Mapping[str, Any]], window: Span, language: str) -> None:
        """Add a window's segments and their words.

        Args:
            raw: Times in seconds from the window's start.
            language: The window's language.
        """
        for one in raw:
            self.words += words_of(
                _fragments(one, window),
                language,
                segment=len(self.segments),
                window=self._windows,
            )
            self.segments.append(_segment(one, window))
        self._windows += 1


def _segment(raw: Mapping[str, Any], window: Span) -> Segment:
    start_ms = _on_clock(raw["start"], window)
    return Segment(
        start_ms=start_ms,
        end_ms=max(start_ms, _on_clock(raw["end"], window)),
        text=raw["text"].strip(),
        avg_logprob=round(float(raw["avg_logprob"]), 6),
        no_speech_prob=round(float(raw["no_speech_prob"]), 6),
        compression_ratio=round(float(raw["compression_ratio"]), 6),
        temperature=float(raw["temperature"]),
    )


def _fragments(raw: Mapping[str, Any], window: Span) -> Iterator[Fragment]:
    for word in raw.get("words") or ():
        yield Fragment(
            text=word["word"],
            start_ms=_on_clock(word["start"], window),
            end_ms=_on_clock(word["end"], window),
            probability=float(word["probability"]),
        )


def _on_clock(seconds: float, window: Span) -> int:
    """A time within a window, in seconds, as milliseconds of the recording, within the window."""
    return min(max(window.start_ms + round(seconds * 1000), window.start_ms), window.end_ms)

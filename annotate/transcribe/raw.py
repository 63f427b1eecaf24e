"""Segments as openai-whisper's dictionaries tell them, on the recording's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from annotate.model.speech import Segment, Span, Word


def heard(
    raw: Iterable[Mapping[str, Any]], window: Span, segments: list[Segment], words: list[Word]
) -> None:
    """Add a window's segments, and their words, to a recording's.

    Args:
        raw: Times in seconds from the window's start.
    """
    for one in raw:
        words += _words(one, window, len(segments))
        segments.append(_segment(one, window))


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


def _words(raw: Mapping[str, Any], window: Span, segment: int) -> list[Word]:
    return [
        Word(
            text=word["word"].strip(),
            start_ms=_on_clock(word["start"], window),
            end_ms=_on_clock(word["end"], window),
            probability=round(float(word["probability"]), 6),
            segment=segment,
        )
        for word in raw.get("words") or ()
        if word["word"].strip()
    ]


def _on_clock(seconds: float, window: Span) -> int:
    """A time within a window, in seconds, as milliseconds of the recording, within the window."""
    return min(max(window.start_ms + round(seconds * 1000), window.start_ms), window.end_ms)

"""Bring a recognizer's word times onto the recording's clock, whatever it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.model.speech import Word


def tidy(words: Sequence[Word], duration_ms: int) -> tuple[Word, ...]:
    """Make `0 <= start <= end <= duration` hold and no word begin before the last has ended.

    Recognizers give times past the end, overlaps, and words of no length (faster-whisper issue
    919, whisperX issue 559). A word whose time had to be moved into place by more than a rounding
    is marked `interpolated`.
    """
    tidied: list[Word] = []
    free_from = 0
    for word in words:
        start = min(max(word.start_ms, free_from), duration_ms)
        end = min(max(word.end_ms, start), duration_ms)
        moved = abs(start - word.start_ms) > 1 or abs(end - word.end_ms) > 1
        made_up = word.interpolated or moved or end == start
        tidied.append(replace(word, start_ms=start, end_ms=end, interpolated=made_up))
        free_from = end
    return tuple(tidied)

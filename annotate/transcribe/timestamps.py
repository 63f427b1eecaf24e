"""Correction of a recognizer's word times: within speech, in order, within the recording."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from annotate.model.speech import Span, Word

_SHORTEST_MS_PER_CHARACTER = 25
"""A word takes at least this long for each letter; in English it is two to four times as much."""
_SHORTEST_MS = 50


def corrected(
    words: Sequence[Word], speech: Sequence[Span], pauses: Sequence[Span], duration_ms: int
) -> tuple[Word, ...]:
    """All corrections, in their order.

    Args:
        speech: Spans of speech, in order and without overlap.
        pauses: Pauses, also those within a span of speech, in order and without overlap.
        duration_ms: The recording's length.
    """
    return tidy(after_pauses(within_speech(words, speech), pauses), duration_ms)


def after_pauses(words: Sequence[Word], pauses: Sequence[Span]) -> tuple[Word, ...]:
    """Move the start of a word with a pause inside to the end of the pause.

    Whisper leaves hesitations out, and attention assigns their time to the word after them, with
    the pause between. It also assigns a pause too short to end a span of speech to the word after
    it, with the end of the word before. Of several pauses the last counts that leaves enough time
    for the word. A word with digits stays unchanged, since long numbers are spoken with pauses.

    Args:
        pauses: In order and without overlap.
    """
    ends = [pause.end_ms for pause in pauses]
    moved = []
    for word in words:
        last = bisect_right(ends, word.end_ms - _shortest_ms(word.text)) - 1
        inside = last >= 0 and ends[last] > word.start_ms
        if inside and not any(char.isdigit() for char in word.text):
            word = replace(word, start_ms=ends[last])
        moved.append(word)
    return tuple(moved)


def _shortest_ms(text: str) -> int:
    return max(_SHORTEST_MS, _SHORTEST_MS_PER_CHARACTER * sum(map(str.isalnum, text)))


def within_speech(words: Sequence[Word], speech: Sequence[Span]) -> tuple[Word, ...]:
    """Shorten words that extend into silence.

    Attention locates a word, but not its start: the first word after a pause includes some of the
    pause, and the first of a window all of it. The start of a word in silence is moved to the start
    of the next speech, if the word extends that far; likewise its end. Words wholly in silence stay
    unchanged: voice activity detection may have missed them.

    Args:
        speech: Spans of speech, in order and without overlap.
    """
    starts = [span.start_ms for span in speech]
    fitted = []
    for word in words:
        start_ms, end_ms = word.start_ms, word.end_ms
        # Indices of the last spans that start before the word starts, and before it ends.
        at_start, at_end = bisect_right(starts, start_ms) - 1, bisect_left(starts, end_ms) - 1
        if at_end > at_start and (at_start < 0 or speech[at_start].end_ms <= start_ms):
            start_ms = starts[at_start + 1]
        if at_end >= 0 and start_ms < speech[at_end].end_ms < end_ms:
            end_ms = speech[at_end].end_ms
        fitted.append(replace(word, start_ms=start_ms, end_ms=end_ms))
    return tuple(fitted)


def tidy(words: Sequence[Word], duration_ms: int) -> tuple[Word, ...]:
    """Ensure `0 <= start <= end <= duration`, and that no word begins before the last has ended.

    Recognizers give times past the end, overlaps, and words of no length (faster-whisper issue
    919, whisperX issue 559). A word whose time is moved by more than rounding is marked
    `interpolated`.
    """
    tidied: list[Word] = []
    free_from = 0
    for word in words:
        start = min(max(word.start_ms, free_from), duration_ms)
        end = min(max(word.end_ms, start), duration_ms)
        moved = abs(start - word.start_ms) > 1 or abs(end - word.end_ms) > 1
        interpolated = word.interpolated or moved or end == start
        tidied.append(replace(word, start_ms=start, end_ms=end, interpolated=interpolated))
        free_from = end
    return tuple(tidied)

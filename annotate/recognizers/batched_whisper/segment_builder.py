"""A window's reading to segments and words on the recording's clock."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.timestamp_segments import Piece
from annotate.recognizers.batched_whisper.window_decoder import Reading
from annotate.recognizers.batched_whisper.word_alignment import Spoken
from annotate.recognizers.word_pieces import Fragment, words_of

_WORTH_HEARING_MS = 400
"""Speech after the last word of an unfinished window that is worth hearing again."""
_LEAST_ADVANCE_MS = 500
_LONGEST_WORD_MS = 2_500
"""Speech that no word fills, however it is drawn out."""
_LEAST_PART_MS = 2_000


def tell(
    reading: Reading, words: Sequence[Spoken], texts: Sequence[str], window: Span
) -> list[tuple[Segment, list[Word]]]:
    """A segment and its words for each of a reading's pieces; the words say 0 for their segment.

    Args:
        words: All words of the reading, in order.
        texts: What each piece says.
    """
    told = []
    following = iter(words)
    for piece, text in zip(reading.pieces.all, texts, strict=True):
        left = len(piece.tokens)
        mine = []
        while left > 0 and (spoken := next(following, None)) is not None:
            left -= spoken.tokens
            mine.append(_fragment(spoken, window))
        joined = words_of(mine, reading.language, segment=0)
        told.append((_segment(reading, piece, text, joined, window), joined))
    return told


def rest_of(
    reading: Reading, told_until_ms: int, window: Span, speech: Sequence[Span]
) -> Span | None:
    """What of an unfinished window should be heard again: from its last word on, if anyone speaks.

    Args:
        told_until_ms: Where the last word that holds has ended, on the recording's clock.
        speech: Where somebody speaks.
    """
    if reading.pieces.finished or told_until_ms - window.start_ms < _LEAST_ADVANCE_MS:
        return None
    if _speech_within(told_until_ms, window.end_ms, speech) < _WORTH_HEARING_MS:
        return None
    return Span(start_ms=told_until_ms, end_ms=window.end_ms)


def in_two(
    words: Sequence[Spoken], window: Span, speech: Sequence[Span]
) -> tuple[Span, Span] | None:
    """The halves of a window in which words were passed over; None if all seems well.

    A recognizer at times goes from one sentence on to a later one. What lies between then falls to
    the word before it, which comes out longer than any word can be. Heard in two parts, cut at the
    longest silence, it isn't done again as a rule; if it is, the parts are cut in their turn.
    """
    longest_ms = max(
        (
            _speech_within(window.start_ms + word.start_ms, window.start_ms + word.end_ms, speech)
            for word in words
        ),
        default=0,
    )
    silences = [
        (after.start_ms - before.end_ms, (before.end_ms + after.start_ms) // 2)
        for before, after in pairwise(speech)
        if before.end_ms - window.start_ms >= _LEAST_PART_MS
        and window.end_ms - after.start_ms >= _LEAST_PART_MS
    ]
    if longest_ms <= _LONGEST_WORD_MS or not silences:
        return None
    _, cut_ms = max(silences)
    return (
        Span(start_ms=window.start_ms, end_ms=cut_ms),
        Span(start_ms=cut_ms, end_ms=window.end_ms),
    )


def _speech_within(start_ms: int, end_ms: int, speech: Sequence[Span]) -> int:
    return sum(max(0, min(span.end_ms, end_ms) - max(span.start_ms, start_ms)) for span in speech)


def _fragment(spoken: Spoken, window: Span) -> Fragment:
    return Fragment(
        text=spoken.text,
        start_ms=min(window.start_ms + spoken.start_ms, window.end_ms),
        end_ms=min(window.start_ms + spoken.end_ms, window.end_ms),
        probability=spoken.probability,
    )


def _segment(
    reading: Reading, piece: Piece, text: str, words: Sequence[Word], window: Span
) -> Segment:
    start_ms = words[0].start_ms if words else window.start_ms + piece.start_ms
    end_ms = words[-1].end_ms if words else window.start_ms + piece.end_ms
    return Segment(
        start_ms=start_ms,
        end_ms=max(start_ms, end_ms),
        text=text.strip(),
        avg_logprob=round(reading.line.avg_logprob, 6),
        no_speech_prob=round(reading.line.no_speech_prob, 6),
        compression_ratio=round(reading.compression_ratio, 6),
        temperature=reading.temperature,
    )

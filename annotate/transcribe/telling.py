"""A window's reading to segments and words on the recording's clock."""

from __future__ import annotations

from collections.abc import Sequence

from annotate.model.speech import Segment, Span, Word
from annotate.transcribe.hearing import Reading
from annotate.transcribe.pieces import Piece
from annotate.transcribe.timing import Spoken

_WORTH_HEARING_MS = 400
"""Speech after the last word of an unfinished window that is worth hearing again."""
_LEAST_ADVANCE_MS = 500


def tell(
    reading: Reading,
    pieces: Sequence[Piece],
    words: Sequence[Spoken],
    texts: Sequence[str],
    window: Span,
) -> list[tuple[Segment, list[Word]]]:
    """A segment and its words for each piece; the words say 0 for their segment.

    Args:
        pieces: The segments to tell, the reading's or the first of them.
        words: All words of the reading, in order.
        texts: What each piece says.
    """
    told = []
    following = iter(words)
    for piece, text in zip(pieces, texts, strict=True):
        left = len(piece.tokens)
        mine = []
        while left > 0 and (spoken := next(following, None)) is not None:
            left -= spoken.tokens
            mine.append(_word(spoken, window))
        mine = [word for word in mine if word.text]
        told.append((_segment(reading, piece, text, mine, window), mine))
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
    left = sum(
        max(0, min(span.end_ms, window.end_ms) - max(span.start_ms, told_until_ms))
        for span in speech
    )
    if left < _WORTH_HEARING_MS:
        return None
    return Span(start_ms=told_until_ms, end_ms=window.end_ms)


def _word(spoken: Spoken, window: Span) -> Word:
    return Word(
        text=spoken.text.strip(),
        start_ms=min(window.start_ms + spoken.start_ms, window.end_ms),
        end_ms=min(window.start_ms + spoken.end_ms, window.end_ms),
        probability=round(spoken.probability, 6),
        segment=0,
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

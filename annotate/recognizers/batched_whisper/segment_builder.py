"""Build segments and words on the recording's clock from a decoded window."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from annotate.model.speech import Segment, Span, Word
from annotate.recognizers.batched_whisper.timestamp_segments import WindowSegment
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult
from annotate.recognizers.batched_whisper.word_alignment import AlignedWord
from annotate.recognizers.word_pieces import Fragment, words_of

_LEAST_SPEECH_MS = 400
"""Speech after the last word of an unfinished window, from which it is decoded again."""
_LEAST_ADVANCE_MS = 500
_LONGEST_WORD_MS = 2_500
"""Speech within one word's times, above which words were passed over."""
_LEAST_PART_MS = 2_000


def build_segments(
    result: DecodingResult, words: Sequence[AlignedWord], texts: Sequence[str], window: Span
) -> list[tuple[Segment, list[Word]]]:
    """A segment and its words for each of a window's segments; `Word.segment` is 0 in all words.

    Args:
        words: All words of the window, in order. One that extends over several segments belongs to
            the first of them that has a text: punctuation is joined to words across segments.
        texts: The text of each segment.
    """
    built = []
    following = iter(words)
    left = 0
    for segment, text in zip(result.segments.all, texts, strict=True):
        left += len(segment.tokens)
        fragments = []
        while left > 0 and text.strip() and (word := next(following, None)) is not None:
            left -= word.tokens
            fragments.append(_fragment(word, window))
        joined = words_of(fragments, result.language, segment=0)
        built.append((_segment(result, segment, text, joined, window), joined))
    return built


def remaining_window(
    result: DecodingResult, decoded_until_ms: int, window: Span, speech: Sequence[Span]
) -> Span | None:
    """The part of an unfinished window to decode again: after its last word, if there is speech.

    Args:
        decoded_until_ms: End of the last word that is accepted, on the recording's clock.
        speech: Spans of speech, in order.
    """
    if result.segments.finished or decoded_until_ms - window.start_ms < _LEAST_ADVANCE_MS:
        return None
    if _speech_within(decoded_until_ms, window.end_ms, speech) < _LEAST_SPEECH_MS:
        return None
    return Span(start_ms=decoded_until_ms, end_ms=window.end_ms)


def split_skipped(
    words: Sequence[AlignedWord], window: Span, speech: Sequence[Span]
) -> tuple[Span, Span] | None:
    """The halves of a window in which words were skipped; None if no word is too long.

    A recognizer at times continues with a later sentence. The speech between is then attributed to
    the word before it, which comes out longer than any word can be. Decoded in two parts, split at
    the longest silence, it isn't skipped again as a rule; if it is, the parts are split in turn.
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
    _, split_ms = max(silences)
    return (
        Span(start_ms=window.start_ms, end_ms=split_ms),
        Span(start_ms=split_ms, end_ms=window.end_ms),
    )


def _speech_within(start_ms: int, end_ms: int, speech: Sequence[Span]) -> int:
    return sum(max(0, min(span.end_ms, end_ms) - max(span.start_ms, start_ms)) for span in speech)


def _fragment(word: AlignedWord, window: Span) -> Fragment:
    return Fragment(
        text=word.text,
        start_ms=min(window.start_ms + word.start_ms, window.end_ms),
        end_ms=min(window.start_ms + word.end_ms, window.end_ms),
        probability=word.probability,
    )


def _segment(
    result: DecodingResult, segment: WindowSegment, text: str, words: Sequence[Word], window: Span
) -> Segment:
    start_ms = words[0].start_ms if words else window.start_ms + segment.start_ms
    end_ms = words[-1].end_ms if words else window.start_ms + segment.end_ms
    return Segment(
        start_ms=start_ms,
        end_ms=max(start_ms, end_ms),
        text=text.strip(),
        avg_logprob=round(result.hypothesis.avg_logprob, 6),
        no_speech_prob=round(result.hypothesis.no_speech_prob, 6),
        compression_ratio=round(result.compression_ratio, 6),
        temperature=result.temperature,
    )

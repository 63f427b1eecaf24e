"""True words that lie outside detected speech, and those of them that no transcript has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotate.evaluation.word_errors import TimedWord, match
from annotate.model.speech import Span

LARGEST_SHARE_INSIDE = 0.5
"""A word is outside speech if less than this share of it is inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Counts of true words.

    Attributes:
        outside: Words that lie for more than half outside every span of speech.
        lost: Those of them that weren't recognized; None without a transcript.
        missed_inside: Other words that weren't recognized, for comparison.
    """

    words: int
    outside: int
    lost: int | None = None
    missed_inside: int | None = None

    @property
    def outside_share(self) -> float:
        """The share of words outside speech; 0 without words."""
        return self.outside / self.words if self.words else 0.0

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(
            words=self.words + other.words,
            outside=self.outside + other.outside,
            lost=_sum(self.lost, other.lost),
            missed_inside=_sum(self.missed_inside, other.missed_inside),
        )


def coverage(
    words: Sequence[TimedWord],
    speech: Sequence[Span],
    recognized: Sequence[TimedWord] | None = None,
) -> Coverage:
    """Compare one recording's true words with its detected speech and its transcript.

    Args:
        speech: In order and without overlap.
    """
    outside = {id(word) for word in words_outside(words, speech)}
    if recognized is None:
        return Coverage(words=len(words), outside=len(outside))
    found = {id(true) for true, _ in match(words, recognized).right}
    missed = {id(word) for word in words} - found
    return Coverage(
        words=len(words),
        outside=len(outside),
        lost=len(missed & outside),
        missed_inside=len(missed - outside),
    )


def words_outside(words: Iterable[TimedWord], speech: Sequence[Span]) -> list[TimedWord]:
    """The words that lie for more than half outside speech."""
    return [
        word
        for word in words
        if _inside_ms(word, speech) < LARGEST_SHARE_INSIDE * (word.end_ms - word.start_ms)
    ]


def _inside_ms(word: TimedWord, speech: Sequence[Span]) -> int:
    return sum(
        max(0, min(span.end_ms, word.end_ms) - max(span.start_ms, word.start_ms)) for span in speech
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other

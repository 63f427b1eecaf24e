"""Sentence ends of a transcript against those of a reference, at window borders and elsewhere.

A recognizer that decodes windows one by one can end a sentence at the end of a window, and begin
one with a capital after it, although the speaker goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Self

from annotate.evaluation.word_errors import match
from annotate.model.speech import Word

_ENDS = (".", "?", "!", "…", "。", "؟")
_CLOSING = "\"'”»)]"


@dataclass(frozen=True, slots=True)
class SentenceEnds:
    """Counts over gaps between two words that were recognized correctly.

    Attributes:
        gaps: Between words that follow each other in both texts.
        ends: Gaps with a sentence end in the reference.
        written: Gaps with a sentence end in the transcript.
        unspoken: Of these, those without one in the reference.
        capitals: Unspoken ones with a capital after them that the reference doesn't have.
    """

    gaps: int = 0
    ends: int = 0
    written: int = 0
    unspoken: int = 0
    capitals: int = 0

    def __add__(self, other: Self) -> Self:
        names = [field.name for field in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    @property
    def missed(self) -> int:
        """Sentence ends of the reference that the transcript doesn't have."""
        return self.ends - (self.written - self.unspoken)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of the reference; its position takes the place of its times."""

    text: str
    start_ms: int
    end_ms: int = 0


def sentence_ends(
    reference: Sequence[str], words: Sequence[Word]
) -> tuple[SentenceEnds, SentenceEnds]:
    """Sentence ends at borders of windows, and at all other gaps.

    Args:
        reference: Its words with capitals and punctuation.
        words: The transcript's words; `Word.window` says where borders are.
    """
    at_borders, elsewhere = SentenceEnds(), SentenceEnds()
    for (true, following), (word, next_word) in _gaps(reference, words):
        end, written = ends_sentence(true), ends_sentence(word.text)
        unspoken = written and not end
        capital = unspoken and _capital(next_word.text) and not _capital(following)
        found = SentenceEnds(1, end, written, unspoken, capital)
        if word.window != next_word.window:
            at_borders += found
        else:
            elsewhere += found
    return at_borders, elsewhere


def ends_sentence(text: str) -> bool:
    """Whether a word with its punctuation ends a sentence."""
    return text.strip().rstrip(_CLOSING).endswith(_ENDS)


def _gaps(
    reference: Sequence[str], words: Sequence[Word]
) -> Iterator[tuple[tuple[str, str], tuple[Word, Word]]]:
    position = {id(word): index for index, word in enumerate(words)}
    tokens = [_Token(text, index) for index, text in enumerate(reference)]
    right = match(tokens, words).right
    for (true, word), (next_true, next_word) in pairwise(right):
        if next_true.start_ms != true.start_ms + 1:
            continue
        first, second = position[id(word)], position[id(next_word)]
        if second == first + 1:
            yield (true.text, next_true.text), (words[first], words[second])


def _capital(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and letters[0].isupper()

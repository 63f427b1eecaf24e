"""Word error rate and word time error, where the true words are known."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import jiwer

from annotate.text.normalization import bare_word


class TimedWord(Protocol):
    """Anything with a text and times in milliseconds."""

    @property
    def text(self) -> str:
        """The word."""

    @property
    def start_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Over all recordings together.

    Attributes:
        wer: Word error rate: substitutions, deletions and insertions over true words.
        word_time_error_ms: Median distance of a correctly recognized word's start and end from the
            true ones, in milliseconds; None when no word was recognized correctly.
        words: True words.
    """

    wer: float
    word_time_error_ms: float | None
    words: int


@dataclass(frozen=True, slots=True)
class Match:
    """One recording's true words aligned with those recognized.

    Attributes:
        errors: Substitutions, deletions and insertions.
        words: True words.
        right: The words recognized correctly, each with the true one: (true, recognized).
    """

    errors: int
    words: int
    right: tuple[tuple[TimedWord, TimedWord], ...]


def match(true_words: Sequence[TimedWord], recognized_words: Sequence[TimedWord]) -> Match:
    """Find which words were recognized correctly, by the alignment with the fewest errors."""
    truth, recognized = _comparable(true_words), _comparable(recognized_words)
    if not truth:
        return Match(len(recognized), 0, ())
    texts = [[bare_word(word.text) for word in side] for side in (truth, recognized)]
    outcome = jiwer.process_words([" ".join(texts[0])], [" ".join(texts[1])])
    errors = outcome.substitutions + outcome.deletions + outcome.insertions
    right: list[tuple[TimedWord, TimedWord]] = []
    for chunk in outcome.alignments[0]:
        if chunk.type == "equal":
            same = truth[chunk.ref_start_idx : chunk.ref_end_idx]
            found = recognized[chunk.hyp_start_idx : chunk.hyp_end_idx]
            right += zip(same, found, strict=True)
    return Match(errors, len(truth), tuple(right))


def score(pairs: Iterable[tuple[Sequence[TimedWord], Sequence[TimedWord]]]) -> Score:
    """Score recordings, each a pair of the true words and the recognized words."""
    errors = total = 0
    distances: list[int] = []
    for true_words, recognized_words in pairs:
        found = match(true_words, recognized_words)
        if not found.words:
            continue
        errors += found.errors
        total += found.words
        for true, recognized in found.right:
            distances += [
                abs(true.start_ms - recognized.start_ms),
                abs(true.end_ms - recognized.end_ms),
            ]
    return Score(
        wer=errors / total if total else 0.0,
        word_time_error_ms=statistics.median(distances) if distances else None,
        words=total,
    )


def _comparable(words: Sequence[TimedWord]) -> list[TimedWord]:
    """The words that are more than punctuation; a space inside one would count as two words."""
    return [word for word in words if bare_word(word.text) and " " not in bare_word(word.text)]

"""Errors of word starts by what precedes the word: a hesitation, a pause, or another word."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from annotate.evaluation.word_errors import TimedWord, match
from annotate.text.en.lexicon import HESITATION
from annotate.text.normalization import bare_word

Context = Literal["fluent", "short pause", "pause", "hesitation", "hesitation, pause", "number"]
"""What precedes a word; `number` is a word with digits, whatever precedes it."""
CONTEXTS: tuple[Context, ...] = get_args(Context)

PAUSE_MS = 250
SHORT_PAUSE_MS = 50
"""Silence before a word from which it follows a pause. Shorter silence is part of fluent speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartErrors:
    """Errors of word starts, in milliseconds; the bias is below 0 if starts are too early."""

    words: int
    median_ms: float
    p90_ms: float
    within_100: float
    within_200: float
    bias_ms: float


def is_hesitation(text: str) -> bool:
    """Whether a word is an English hesitation, such as `um` or `uh`."""
    return HESITATION.fullmatch(bare_word(text)) is not None


def contexts(words: Sequence[TimedWord]) -> list[Context | None]:
    """The context of each true word; None for hesitations."""
    before: list[TimedWord | None] = [None, *words]
    return [
        None if is_hesitation(word.text) else _context(previous, word)
        for previous, word in zip(before, words, strict=False)
    ]


def start_errors(
    pairs: Iterable[tuple[Sequence[TimedWord], Sequence[TimedWord]]],
) -> dict[Context, StartErrors]:
    """The errors of correctly recognized words, over pairs of true and recognized words."""
    errors_ms: defaultdict[Context, list[int]] = defaultdict(list)
    for true_words, recognized in pairs:
        context_of = dict(zip(map(id, true_words), contexts(true_words), strict=True))
        for true, word in match(true_words, recognized).right:
            if (context := context_of[id(true)]) is not None:
                errors_ms[context].append(word.start_ms - true.start_ms)
    return summarize(errors_ms)


def summarize(errors_ms: Mapping[Context, Sequence[int]]) -> dict[Context, StartErrors]:
    """The figures of each context that has words, in the order of `CONTEXTS`."""
    return {name: _summary(errors_ms[name]) for name in CONTEXTS if errors_ms.get(name)}


def hesitations(words: Iterable[TimedWord]) -> int:
    """How many words are hesitations."""
    return sum(is_hesitation(word.text) for word in words)


def _context(before: TimedWord | None, word: TimedWord) -> Context:
    if any(map(str.isdigit, word.text)):
        return "number"
    silence_ms = word.start_ms - (before.end_ms if before else 0)
    if before and is_hesitation(before.text):
        return "hesitation" if silence_ms < SHORT_PAUSE_MS else "hesitation, pause"
    if silence_ms < SHORT_PAUSE_MS:
        return "fluent"
    return "short pause" if silence_ms < PAUSE_MS else "pause"


def _summary(errors_ms: Sequence[int]) -> StartErrors:
    distances = sorted(map(abs, errors_ms))
    count = len(distances)
    return StartErrors(
        words=count,
        median_ms=statistics.median(distances),
        p90_ms=distances[min(count - 1, count * 9 // 10)],
        within_100=sum(distance <= 100 for distance in distances) / count,
        within_200=sum(distance <= 200 for distance in distances) / count,
        bias_ms=statistics.median(errors_ms),
    )

"""An annotator's corrections, located among the words of a transcript.

The corrections were made on the words of one model; the transcript may be of another model, with
other words and times. So a change is matched by its word's text and time and not by its index
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from annotate.model.edit import NEAR_MS, Change, Placed
from annotate.model.narration import NarratedWord
from annotate.text.normalization import normalize


def place(changes: Sequence[Change], words: Sequence[NarratedWord]) -> Placed:
    """Find the word of each change.

    It has the same text, and begins and ends at most `NEAR_MS` off. Changes and their words are in
    the same order, and no word is changed twice. Of all such assignments it is the one that
    loses fewest changes, then the one nearest in time, then the one nearest to the words' indices
    when they were shown. A change without a word is lost.
    """
    texts: dict[int, str] = {}
    lost: list[Change] = []
    for change, word in zip(changes, _best(changes, words), strict=True):
        if word is None:
            lost.append(change)
        else:
            texts[word] = change.text
    return Placed(texts=texts, lost=tuple(lost))


def edited(words: Sequence[NarratedWord], texts: dict[int, str]) -> tuple[NarratedWord, ...]:
    """The words, with the annotator's text in place of those that were changed."""
    return tuple(replace(word, edited=texts.get(index)) for index, word in enumerate(words))


@dataclass(frozen=True, slots=True)
class _Way:
    """An assignment of the changes processed so far to words.

    Attributes:
        cost: Changes lost, ms away, indices away: the least is the best.
        last: The last word that is changed.
        word: That of the newest change; None if it is lost.
        before: The assignment of the others.
    """

    cost: tuple[int, int, int]
    last: int
    word: int | None
    before: _Way | None


def _best(changes: Sequence[Change], words: Sequence[NarratedWord]) -> list[int | None]:
    """The word of each change, or None."""
    by_key: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        by_key.setdefault(_key(word.text), []).append(index)
    ways = [_Way((0, 0, 0), -1, None, None)]
    for change in changes:
        near = [
            (index, away)
            for index in by_key.get(_key(change.recognized), ())
            if (away := _away_ms(change, words[index])) is not None
        ]
        ways = _worth_keeping(_on(ways, change, near))
    way: _Way | None = min(ways, key=lambda one: one.cost)
    found: list[int | None] = []
    while way is not None and way.before is not None:
        found.append(way.word)
        way = way.before
    return found[::-1]


def _on(ways: Iterable[_Way], change: Change, near: Sequence[tuple[int, int]]) -> Iterator[_Way]:
    """The assignments with one more change."""
    for way in ways:
        lost, away_ms, places = way.cost
        yield _Way((lost + 1, away_ms, places), way.last, None, way)
        for index, more_ms in near:
            if index > way.last:
                cost = (lost, away_ms + more_ms, places + abs(index - change.word))
                yield _Way(cost, index, index, way)


def _worth_keeping(ways: Iterable[_Way]) -> list[_Way]:
    """The assignments that no other one matches in both cost and number of words left."""
    best: list[_Way] = []
    for way in sorted(ways, key=lambda one: (one.last, one.cost)):
        if not best or way.cost < best[-1].cost:
            best.append(way)
    return best


def _key(text: str) -> str:
    """The word but for case and marks; a mark alone as it is."""
    return normalize(text) or text


def _away_ms(change: Change, word: NarratedWord) -> int | None:
    """The sum of both ends' distances in ms; None if one is too far."""
    off = [abs(change.start_ms - word.start_ms), abs(change.end_ms - word.end_ms)]
    return sum(off) if max(off) <= NEAR_MS else None

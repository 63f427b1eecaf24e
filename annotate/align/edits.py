"""An annotator's corrections, located among the words of a transcript.

They corrected what one model had recognized; the transcript may be of another, with other words
and times. So a change is known by its word's text and time and not by its place alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from annotate.model.edit import NEAR_MS, Change, Placed
from annotate.model.narration import NarratedWord
from annotate.text.normalization import normalize


def place(changes: Sequence[Change], words: Sequence[NarratedWord]) -> Placed:
    """Find the word of each change.

    It is one that reads the same and begins and ends at most `NEAR_MS` off. Changes and their words
    are in the same order, and no word is changed twice. Of all ways to do that it is the one that
    loses fewest changes, then the one nearest in time, then the one nearest to the places that
    were shown. A change without a word is lost.
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
    """The words, with what was written in place of those that were changed."""
    return tuple(replace(word, edited=texts.get(index)) for index, word in enumerate(words))


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to place the changes looked at so far.

    Attributes:
        cost: Changes lost, ms away, places away: the least is the best.
        last: The last word that is changed.
        word: That of the newest change; None if it is lost.
        before: The way to place the others.
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
    """The ways to place one more change."""
    for way in ways:
        lost, away_ms, places = way.cost
        yield _Way((lost + 1, away_ms, places), way.last, None, way)
        for index, more_ms in near:
            if index > way.last:
                cost = (lost, away_ms + more_ms, places + abs(index - change.word))
                yield _Way(cost, index, index, way)


def _worth_keeping(ways: Iterable[_Way]) -> list[_Way]:
    """The ways than which none is as good and leaves as many words."""
    best: list[_Way] = []
    for way in sorted(ways, key=lambda one: (one.last, one.cost)):
        if not best or way.cost < best[-1].cost:
            best.append(way)
    return best


def _key(text: str) -> str:
    """The word but for case and marks; a mark alone as it is."""
    return normalize(text) or text


def _away_ms(change: Change, word: NarratedWord) -> int | None:
    """How far off both ends of a word are together; None if one is too far."""
    off = [abs(change.start_ms - word.start_ms), abs(change.end_ms - word.end_ms)]
    return sum(off) if max(off) <= NEAR_MS else None

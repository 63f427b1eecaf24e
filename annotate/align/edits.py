"""What an annotator corrected, found again among the words of a transcript.

They corrected what one model had recognized; the transcript may be of another, with other words
and times. So a change is known by its word's text and time and not by its place alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.evaluation.plain import plain
from annotate.model.edit import NEAR_MS, Change, Placed
from annotate.model.narration import NarratedWord


def place(changes: Sequence[Change], words: Sequence[NarratedWord]) -> Placed:
    """Find the word of each change, in order of the changes.

    It is the word that reads the same and lies nearest in time, at most `NEAR_MS` off at either
    end; of several as near, the one at the place that was shown, then the first. No word is
    changed twice. A change without such a word is lost.
    """
    texts: dict[int, str] = {}
    lost: list[Change] = []
    for change in changes:
        near = [
            (_away_ms(change, word), abs(index - change.word), index)
            for index, word in enumerate(words)
            if index not in texts and _is_it(change, word)
        ]
        if near:
            texts[min(near)[2]] = change.text
        else:
            lost.append(change)
    return Placed(texts=texts, lost=tuple(lost))


def edited(words: Sequence[NarratedWord], texts: dict[int, str]) -> tuple[NarratedWord, ...]:
    """The words, with what was written in place of those that were changed."""
    return tuple(replace(word, edited=texts.get(index)) for index, word in enumerate(words))


def _is_it(change: Change, word: NarratedWord) -> bool:
    return (
        _key(word.text) == _key(change.recognized)
        and abs(word.start_ms - change.start_ms) <= NEAR_MS
        and abs(word.end_ms - change.end_ms) <= NEAR_MS
    )


def _key(text: str) -> str:
    """The word but for case and marks; a mark alone as it is."""
    return plain(text) or text


def _away_ms(change: Change, word: NarratedWord) -> int:
    return abs(word.start_ms - change.start_ms) + abs(word.end_ms - change.end_ms)

"""What annotators corrected in a second look at what was recognized in their recordings.

The transcript stays as the recognizer wrote it: an edit stands beside it and says which words were
something else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

MAX_CHANGES = 1000
"""Of one edit: a description of 90 seconds has 250 words."""

MAX_TEXT = 100
"""Characters that may stand for one word."""

NEAR_MS = 500
"""How far apart two models may put the beginning, or the end, of one word."""

_JOINERS = "\u200c\u200d"
"""Invisible characters that are part of how words are written in Persian and Indian scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One word that was something else.

    Attributes:
        word: Its place among the words that the annotator was shown.
        start_ms: When it was said by what they were shown; with `end_ms` and `recognized` it
            names the word also where it was recognized again with other places.
        recognized: The word as they were shown it.
        text: What they wrote in its place, perhaps several words; empty to take it out.
    """

    word: int
    start_ms: int
    end_ms: int
    recognized: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one annotator corrected in one recording, in order of the words.

    Attributes:
        engine, model, model_sha256: What had recognized the words that they were shown.
        edited_at: When it was handed in last, by the server's clock.
    """

    engine: str
    model: str
    model_sha256: str
    edited_at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where changes fall among the words of a transcript.

    Attributes:
        texts: What was written in place of each word that was changed, by the word's place.
        lost: The changes whose word isn't there any more: those are not applied.
    """

    texts: dict[int, str]
    lost: tuple[Change, ...]


def is_plain(text: str) -> bool:
    """Whether it is a short text on one line, without what can't be seen."""
    if len(text) > MAX_TEXT or text != " ".join(text.split()):
        return False
    return all(char in _JOINERS or unicodedata.category(char)[0] != "C" for char in text)


def in_order(words: Sequence[int]) -> bool:
    """Whether places of words are in order, each once."""
    return all(earlier < later for earlier, later in pairwise(words))

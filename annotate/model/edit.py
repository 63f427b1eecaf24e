"""Annotators' corrections of the recognized words of their own recordings.

The transcript is left as the recognizer wrote it. An edit is stored separately and lists the words
that were recognized incorrectly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

MAX_CHANGES = 1000
"""Changes in one edit, at most: a description of 90 seconds has 250 words."""

MAX_TEXT = 100
"""Characters in the replacement of one word, at most."""

NEAR_MS = 500
"""Largest difference in ms between two models in the start, or the end, of one word."""

_JOINERS = "\u200c\u200d"
"""Invisible characters that are part of how words are written in Persian and Indian scripts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The correction of one word.

    Attributes:
        word: Its index among the words that were shown to the annotator.
        start_ms: Start of the word in the transcript that was shown. Together with `end_ms` and
            `recognized` it identifies the word in a later transcript with other indices.
        recognized: The word as it was shown.
        text: The replacement, one or several words; empty to delete the word.
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
        engine, model, model_sha256: The recognizer of the words that were shown.
        edited_at: When it was last submitted, by the server's clock.
    """

    engine: str
    model: str
    model_sha256: str
    edited_at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Changes matched to the words of a transcript.

    Attributes:
        texts: The replacement of each changed word, by the word's index.
        lost: The changes whose word is no longer in the transcript; they are not applied.
    """

    texts: dict[int, str]
    lost: tuple[Change, ...]


def is_plain(text: str) -> bool:
    """Whether the text is short, on one line and without invisible characters."""
    if len(text) > MAX_TEXT or text != " ".join(text.split()):
        return False
    return all(char in _JOINERS or unicodedata.category(char)[0] != "C" for char in text)


def in_order(words: Sequence[int]) -> bool:
    """Whether the word indices are in ascending order without duplicates."""
    return all(earlier < later for earlier, later in pairwise(words))

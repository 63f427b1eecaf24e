"""Narration: a transcript whose words and phrases are grounded in the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotate.model.pointer import Box

Tie = Literal["click", "trace", "none"]
"""What links a phrase or word to a place: a deliberate click, the pointer's path, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NarratedWord:
    """A word with the position of the pointer while it was said.

    Attributes:
        x_frac: Pointer position, or None when nothing was pointed at (`tie` is then "none").
        space_before, window: As in `annotate.model.speech.Word`.
        edited: The annotator's replacement, empty to delete the word; None if the word was left as
            it was recognized.
    """

    text: str
    start_ms: int
    end_ms: int
    probability: float
    x_frac: float | None
    y_frac: float | None
    tie: Tie
    space_before: bool = True
    window: int | None = None
    edited: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A run of words that refers to one thing: words `first_word` to `end_word`, exclusive.

    Attributes:
        x_frac: Its representative place, or None when nothing was pointed at.
        box: The part of the image that the pointer covered while it was said, if it moved.
        confidence: From 0 to 1: how steady and how well timed the pointer was.
    """

    first_word: int
    end_word: int
    text: str
    start_ms: int
    end_ms: int
    x_frac: float | None
    y_frac: float | None
    box: Box | None
    tie: Tie
    confidence: float

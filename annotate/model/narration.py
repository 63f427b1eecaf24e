"""A transcript whose phrases are tied to the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annotate.model.pointer import Box

Tie = Literal["click", "trace", "none"]
"""What ties a phrase or word to a place: a deliberate click, the pointer's path, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NarratedWord:
    """A word with the place that the pointer showed while it was said.

    Attributes:
        x_frac: Where, or None when nothing was pointed at (`tie` is then "none").
        space_before, window: As `annotate.model.speech.Word` has them.
        edited: What the annotator wrote in its place in a second look, empty to take it out; None
            where they left it as it was recognized.
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
    """A run of words that refers to one thing: words `first_word` up to, not with, `end_word`.

    Attributes:
        x_frac: The one place that stands for it, or None when nothing was pointed at.
        box: The part of the image that the pointer covered while it was said, if it moved.
        confidence: From 0 to 1: how still and how well-timed the pointer was.
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

"""The text offered for an image, and where each of its words comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["spoken", "edited", "synthetic"]
"""`spoken`: an annotator said it and the recognizer wrote it; `edited`: a person wrote it, the
annotator in place of what was recognized, or else a reviewer; `synthetic`: a model did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where one word of a caption comes from.

    `text[start_char:end_char]` of the caption is the word, punctuation included. For a spoken
    word, and for one that its annotator wrote in place of what was recognized, the rest says which
    recording, which word of its narration, which milliseconds and, where something was pointed
    at, which place; otherwise those are None.
    """

    start_char: int
    end_char: int
    kind: Kind
    recording_id: str | None
    word: int | None
    start_ms: int | None
    end_ms: int | None
    x_frac: float | None
    y_frac: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """The text offered for one image, with one `Lineage` a word, in order of the text."""

    image_id: str
    text: str
    lineage: tuple[Lineage, ...]
    recordings: tuple[str, ...]

"""Caption of an image, with the origin of each of its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["spoken", "edited", "synthetic"]
"""`spoken`: said by an annotator and transcribed by the recognizer. `edited`: written by a person,
either by the annotator in place of the recognized word, or by a reviewer. `synthetic`: written by a
model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Origin of one word of a caption.

    `text[start_char:end_char]` of the caption is the word, punctuation included. The other fields
    are set for a spoken word and for a word that its annotator wrote in place of the recognized
    one: the recording, the word's index in the narration, its start and end in milliseconds and,
    if the annotator pointed at something, the place on the image. Otherwise they are None.
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
    """The caption of one image, with one `Lineage` per word in text order."""

    image_id: str
    text: str
    lineage: tuple[Lineage, ...]
    recordings: tuple[str, ...]

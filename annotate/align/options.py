"""The settings of the alignment."""

from __future__ import annotations

from pydantic import BaseModel, Field


class AlignOptions(BaseModel, frozen=True, extra="forbid"):
    """How words are tied to the image. Every one changes the result.

    A pointing hand comes to rest on its goal within some 200 ms of the naming word's stressed
    syllable (Levelt, Richardson and La Heij 1985; Esteve-Gibert and Prieto 2013), so the pointer's
    path is read over the phrase itself and little time around it.
    """

    pause_ms: int = Field(350, ge=1, description="A silence this long ends a phrase.")
    lead_ms: int = Field(200, ge=0, description="How long before a phrase its pointing counts.")
    lag_ms: int = Field(200, ge=0, description="How long after a phrase its pointing counts.")
    click_ms: int = Field(400, ge=0, description="How far from a phrase its click may lie.")
    gap_ms: int = Field(250, ge=1, description="Samples farther apart than this aren't joined.")
    still_per_s: float = Field(
        0.35, gt=0, description="Below this speed, in image sides a second, the pointer rests."
    )
    dwell_ms: int = Field(100, ge=1, description="A rest shorter than this shows nothing.")

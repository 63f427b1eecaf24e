"""The settings of releases."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from annotate.release.names import SPLIT, twins


class ReleaseOptions(BaseModel, frozen=True, extra="forbid"):
    """The settings of a release. All but the viewer's can change its content hash."""

    title: str = Field("Images described aloud", min_length=1, max_length=200)
    license: str = Field(
        "unknown",
        pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$",
        description="A licence identifier in the form of the Hugging Face Hub.",
    )
    attribution: str = Field(
        "",
        max_length=2000,
        description="Whom to name for the images and on which terms; shown with the licence.",
    )
    prefix: str = Field(
        "release",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$",
        description="What a version begins with when it is named for its content.",
    )
    consent_scopes: tuple[Literal["internal", "research", "public"], ...] = Field(
        ("public",),
        min_length=1,
        description="A recording is used if its consent has one of these scopes.",
    )
    shares: tuple[tuple[str, float], ...] = Field(
        (("train", 0.9), ("validation", 0.1)),
        description="Splits and their shares of the images, which add up to 1.",
    )
    split_salt: str = Field("", description="Another salt deals the images out another way.")
    include_images: bool = Field(True, description="Ship the image files.")
    include_audio: bool = Field(True, description="Ship the recordings' audio.")
    images_per_file: int = Field(10_000, ge=1, description="Images in one parquet file.")
    viewer_images: int = Field(50, ge=0, description="Images shown in index.html.")

    @model_validator(mode="after")
    def _shares_are_sound(self) -> Self:
        names = [name for name, _ in self.shares]
        ordered = all(share > 0 for _, share in self.shares)
        if not names or len(set(names)) < len(names) or not ordered:
            raise ValueError("shares need distinct names and numbers above 0")
        if abs(sum(share for _, share in self.shares) - 1) > 1e-9:
            raise ValueError("shares must add up to 1")
        if not all(SPLIT.fullmatch(name) for name in names):
            raise ValueError("a split's name is made of up to 64 of a-z, A-Z, digits and _")
        if twins(names):
            raise ValueError("shares need names that differ in more than case")
        return self

    def bounds(self) -> tuple[tuple[str, float, float], ...]:
        """Each split's half-open interval of [0, 1); the last split has the lowest."""
        ends = [0.0]
        for _, share in reversed(self.shares):
            ends.append(ends[-1] + share)
        ends[-1] = 1.0
        names = [name for name, _ in reversed(self.shares)]
        return tuple((name, *span) for name, span in zip(names, pairwise(ends), strict=True))

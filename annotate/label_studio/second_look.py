"""Models of the second look: recordings that pages wait for, words shown, words corrected."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from annotate.model.edit import MAX_CHANGES, MAX_TEXT, in_order, is_plain

MAX_WORDS = 20_000
"""Maximum number of words of a recording; about two hours of speech."""


class _Strict(BaseModel):
    """A model that is accepted only if every key is known and valid."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Known(BaseModel):
    """A response of the recorder: known keys must be valid, unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError(f"is no text of {MAX_TEXT} visible characters at most")
    return text


class ChangeClaim(_Strict):
    """The index of a shown word, and its correction."""

    word: int = Field(ge=0, lt=MAX_WORDS)
    text: Annotated[str, AfterValidator(_plain)]


def _ordered(changes: list[ChangeClaim]) -> list[ChangeClaim]:
    if not in_order([change.word for change in changes]):
        raise ValueError("a word comes twice, or they aren't in order")
    return changes


class EditClaim(_Strict):
    """The annotator's corrections as the annotation states them."""

    version: Literal[1]
    changes: Annotated[list[ChangeClaim], AfterValidator(_ordered)] = Field(max_length=MAX_CHANGES)


class Waiting(_Known):
    """Whether any project has second looks, and the recordings that open pages wait for."""

    asked: bool
    wanted: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")], ...] = Field(max_length=1000)


class ShownWord(_Known):
    """A recognized word as annotators see it."""

    text: str = Field(max_length=MAX_TEXT)
    start_ms: int = Field(ge=0, lt=2**63)
    end_ms: int = Field(ge=0, lt=2**63)
    probability: float = Field(ge=0, le=1)
    space_before: bool


class Shown(_Known):
    """The words of a recording as its annotator sees them, and the recognizer that made them."""

    version: Literal[1] = 1
    language: str = Field(max_length=MAX_TEXT)
    engine: str = Field(max_length=MAX_TEXT)
    model: str = Field(max_length=MAX_TEXT)
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    words: tuple[ShownWord, ...] = Field(max_length=MAX_WORDS)

    def body(self) -> dict[str, Any]:
        """The model as plain values, for JSON."""
        return self.model_dump(mode="json")

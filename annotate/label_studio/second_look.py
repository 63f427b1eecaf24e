"""What the recorder says of second looks: what pages wait for, what was shown, what was changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from annotate.model.edit import MAX_CHANGES, MAX_TEXT, in_order, is_plain

MAX_WORDS = 20_000
"""Of a recording: two hours of speech."""


class _Strict(BaseModel):
    """What is taken only if every key is known and right."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Known(BaseModel):
    """What is said by the recorder, of which the keys that we know must be right."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError(f"is no text of {MAX_TEXT} visible characters at most")
    return text


class ChangeClaim(_Strict):
    """A word of those that were shown, and what it was instead."""

    word: int = Field(ge=0, lt=MAX_WORDS)
    text: Annotated[str, AfterValidator(_plain)]


def _ordered(changes: list[ChangeClaim]) -> list[ChangeClaim]:
    if not in_order([change.word for change in changes]):
        raise ValueError("a word comes twice, or they aren't in order")
    return changes


class EditClaim(_Strict):
    """What an annotation says that its annotator corrected."""

    version: Literal[1]
    changes: Annotated[list[ChangeClaim], AfterValidator(_ordered)] = Field(max_length=MAX_CHANGES)


class Waiting(_Known):
    """What the recorder answers: whether any project has second looks, and what pages wait for."""

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
    """The words of a recording as its annotator sees them, and what recognized them."""

    version: Literal[1] = 1
    language: str = Field(max_length=MAX_TEXT)
    engine: str = Field(max_length=MAX_TEXT)
    model: str = Field(max_length=MAX_TEXT)
    model_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    words: tuple[ShownWord, ...] = Field(max_length=MAX_WORDS)

    def body(self) -> dict[str, Any]:
        """The same as plain values."""
        return self.model_dump(mode="json")

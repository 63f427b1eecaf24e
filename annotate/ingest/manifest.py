"""A folder's `manifest.jsonl`: one line a recording, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from annotate.model.errors import AnnotateError
from annotate.model.language import LanguageTag

NAME = "manifest.jsonl"
MAX_LINE_BYTES = 1_000_000
"""A longer line is refused: the trace belongs in a file of its own."""


class Consent(BaseModel, frozen=True, extra="forbid"):
    """What the annotator agreed to."""

    scope: Literal["public", "research", "internal"]
    at: str | None = None
    statement: str = Field(min_length=1, description="Which text was agreed to, by its id.")


class Prompt(BaseModel, frozen=True, extra="forbid"):
    """When a guiding question was taken up, on the recording's clock."""

    question: str
    t_ms: int = Field(ge=0)


class ManifestRow(BaseModel):
    """One recording, as the folder's owner describes it. Paths are relative to the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: str = Field(min_length=1)
    image: str = Field(min_length=1)
    annotator: str = Field(pattern=r"^[A-Za-z0-9._:@-]{1,64}$", description="A pseudonym.")
    trace: str | None = None
    prompts: tuple[Prompt, ...] = ()
    client_ms: int | None = Field(None, ge=0, description="Length that the recorder measured.")
    language: LanguageTag = None
    consent: Consent | None = None
    recorded_at: str | None = None
    synthetic_voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the manifest: its row, or what is wrong with it."""

    number: int
    row: ManifestRow | None
    error: str | None


def read_manifest(folder: Path) -> Iterator[Line]:
    """The manifest's lines in order; empty lines are passed over.

    Raises:
        AnnotateError: If there is no such folder or no manifest in it.
    """
    path = folder / NAME
    if not path.is_file():
        raise AnnotateError(
            f"{path} not found: a source is a folder with a {NAME}, one JSON object a line, "
            'with at least "recording", "image", "annotator" and "consent"'
        )
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                yield _parse(number, raw)


def _parse(number: int, raw: bytes) -> Line:
    if len(raw) > MAX_LINE_BYTES:
        return Line(number=number, row=None, error=f"longer than {MAX_LINE_BYTES} bytes")
    try:
        return Line(number=number, row=ManifestRow.model_validate_json(raw), error=None)
    except ValidationError as error:
        return Line(number=number, row=None, error=first_fault(error))


def first_fault(error: ValidationError) -> str:
    """Where the first mistake in a line is, and what it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the line"
    return f"{where}: {first['msg']}"

"""A folder's `manifest.jsonl`: one line a recording, checked before anything is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from annotate.ingest.json_faults import explain
from annotate.ingest.lines import read_lines
from annotate.model.consent import MISSING, Scope, Statement
from annotate.model.errors import AnnotateError
from annotate.model.language import LanguageTag

NAME = "manifest.jsonl"
MAX_LINE_BYTES = 1_000_000
"""A longer line is refused: the trace belongs in a file of its own."""

ANNOTATOR = r"^[A-Za-z0-9._:@+-]{1,254}$"


class Consent(BaseModel, frozen=True, extra="forbid"):
    """What the annotator agreed to; with the scope `withdrawn`, that they take it back."""

    scope: Scope
    at: str | None = None
    statement: str = Field(min_length=1, description="Which text was agreed to, by its id.")

    def as_statement(self) -> Statement:
        """The same in the lake's terms."""
        return Statement(scope=self.scope, at=self.at, statement=self.statement)


class Prompt(BaseModel, frozen=True, extra="forbid"):
    """When a guiding question was taken up, on the recording's clock."""

    question: str
    t_ms: int = Field(ge=0)


class ManifestRow(BaseModel):
    """One recording, as the folder's owner describes it. Paths are relative to the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: str = Field(min_length=1)
    image: str = Field(min_length=1)
    annotator: str = Field(pattern=ANNOTATOR, description="Their name; no table keeps it.")
    trace: str | None = None
    prompts: tuple[Prompt, ...] = ()
    client_ms: int | None = Field(None, ge=0, description="Length that the recorder measured.")
    language: LanguageTag = None
    consent: Consent | None = None
    recorded_at: str | None = None
    synthetic_voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the manifest: its row, or what is wrong with it.

    Attributes:
        recording: The recording that the line names, if that much can be read of it.
        annotator: Who is said to have recorded it, likewise.
        statement: What it says about consent; one that can't be read is missing.
    """

    number: int
    row: ManifestRow | None
    error: str | None
    recording: str | None = None
    annotator: str | None = None
    statement: Statement | None = None


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
    for raw in read_lines(path, MAX_LINE_BYTES):
        if raw.error:
            yield Line(number=raw.number, row=None, error=raw.error)
        else:
            yield _parse(raw.number, raw.text)


def _parse(number: int, raw: str) -> Line:
    try:
        row = ManifestRow.model_validate_json(raw)
    except ValidationError as error:
        return Line(
            number=number, row=None, error=explain(raw) or first_fault(error), **_legible(raw)
        )
    said = row.consent.as_statement() if row.consent else MISSING
    named = {"recording": row.recording, "annotator": row.annotator}
    return Line(number=number, row=row, error=None, **named, statement=said)


def _legible(raw: str) -> dict[str, Any]:
    """The recording and the consent of a line that can't be used, as far as they can be read."""
    try:
        given = from_json(raw)
    except ValueError:
        return {}
    if not isinstance(given, dict) or not isinstance(given.get("recording"), str):
        return {}
    try:
        said = Consent.model_validate(given.get("consent")).as_statement()
    except ValidationError:
        said = MISSING
    annotator = given.get("annotator")
    known = isinstance(annotator, str) and re.fullmatch(ANNOTATOR, annotator)
    return {
        "recording": given["recording"],
        "annotator": annotator if known else None,
        "statement": said,
    }


def first_fault(error: ValidationError) -> str:
    """Where the first mistake in a line is, and what it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the line"
    known = {
        "missing": "is needed and isn't there",
        "extra_forbidden": "is no key that is known: take it out",
    }
    return f"{where}: {known.get(first['type'], first['msg'])}"

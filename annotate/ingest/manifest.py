"""Parsing and validation of a folder's `manifest.jsonl`, with one line per recording."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
)
from pydantic_core import ErrorDetails, from_json

from annotate.ingest.files import open_regular
from annotate.ingest.json_object import read_object
from annotate.ingest.lines import read_lines
from annotate.ingest.trace_clock import LONGEST_MS
from annotate.model.consent import MISSING, SCOPES, Scope, Statement
from annotate.model.errors import AnnotateError, RejectedError
from annotate.model.language import LanguageTag
from annotate.model.timestamps import error_in

NAME = "manifest.jsonl"
MAX_LINE_BYTES = 1_000_000
"""A longer line is rejected: the trace must be in a separate file."""

MAX_PATH = 4096
"""Characters of a path: no file system allows more."""

MAX_ERRORS = 5
"""Errors reported per line, at most."""

UNKNOWN = "is no key that is known"

ANNOTATOR = r"^[A-Za-z0-9._:@+-]{1,254}$"


def _whole_ms(value: Any) -> int:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 <= value <= LONGEST_MS and value == int(value):
        return int(value)
    raise ValueError(f"is no whole number of milliseconds from 0 to {LONGEST_MS}, a day")


def _moment(text: str) -> str:
    if (wrong := error_in(text)) is not None:
        raise ValueError(f"is {wrong}")
    return text


Ms = Annotated[int, BeforeValidator(_whole_ms)]
"""A time on the recording's clock. A number that is written with a fraction of 0 is whole."""

Moment = Annotated[str, Field(max_length=64), AfterValidator(_moment)]

MaybePath = Annotated[str, Field(min_length=1, max_length=MAX_PATH)]


class Consent(BaseModel, frozen=True, extra="forbid"):
    """What the annotator agreed to; the scope `withdrawn` withdraws the consent."""

    scope: Scope
    at: Moment | None = None
    statement: str = Field(
        min_length=1, max_length=20_000, description="Which text was agreed to, by its id."
    )

    def as_statement(self) -> Statement:
        """The consent as a `Statement`."""
        return Statement(scope=self.scope, at=self.at, statement=self.statement)


class Prompt(BaseModel, frozen=True, extra="forbid"):
    """When a guiding question was taken up, on the recording's clock."""

    question: str = Field(max_length=1000)
    t_ms: Ms


class ManifestRow(BaseModel):
    """One recording, as the folder's owner describes it. Paths are relative to the folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording: MaybePath
    image: MaybePath
    annotator: str = Field(pattern=ANNOTATOR, description="Their name; no table keeps it.")
    trace: MaybePath | None = None
    prompts: tuple[Prompt, ...] = ()
    client_ms: Ms | None = Field(None, description="Length that the recorder measured.")
    language: LanguageTag = None
    consent: Consent | None = None
    recorded_at: Moment | None = None
    synthetic_voice: StrictBool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """A line of the manifest: its row, or its error.

    Attributes:
        recording: The recording that the line names, if it can be parsed.
        annotator: The annotator that the line names, if it can be parsed.
        statement: Its consent statement; `MISSING` if it can't be parsed.
    """

    number: int
    row: ManifestRow | None
    error: str | None
    recording: str | None = None
    annotator: str | None = None
    statement: Statement | None = None


def read_manifest(folder: Path) -> Iterator[ManifestLine]:
    """The manifest's lines in order; empty lines are skipped.

    Raises:
        AnnotateError: If there is no such folder or no manifest in it.
    """
    with _open(folder / NAME) as file:
        for raw in read_lines(file, MAX_LINE_BYTES):
            if raw.error:
                yield ManifestLine(number=raw.number, row=None, error=raw.error)
            else:
                yield _parse(raw.number, raw.text)


def _open(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except FileNotFoundError as error:
        raise AnnotateError(
            f"{path} not found: a source is a folder with a {NAME}, one JSON object a line, "
            'with at least "recording", "image", "annotator" and "consent"'
        ) from error
    except NotADirectoryError as error:
        raise AnnotateError(
            f"{path.parent} is a file: a source is a folder with a {NAME}; give "
            f"{path.parent.parent}"
        ) from error
    except RejectedError as error:
        raise AnnotateError(f"{path} can't be read: {error.detail}") from error
    except OSError as error:
        raise AnnotateError(f"{path} can't be read: {error.strerror}") from error


def _parse(number: int, raw: str) -> ManifestLine:
    try:
        row = ManifestRow.model_validate(read_object(raw))
    except ValueError as error:  # pydantic's `ValidationError` is one
        wrong = error_texts(error) if isinstance(error, ValidationError) else str(error)
        return ManifestLine(number=number, row=None, error=wrong, **_readable(raw))
    statement = row.consent.as_statement() if row.consent else MISSING
    named = {"recording": row.recording, "annotator": row.annotator}
    return ManifestLine(number=number, row=row, error=None, **named, statement=statement)


def _readable(raw: str) -> dict[str, Any]:
    """The recording and the consent of an invalid line, as far as they can be parsed."""
    try:
        given = from_json(raw)
    except ValueError:
        return {}
    if not isinstance(given, dict) or not isinstance(given.get("recording"), str):
        return {}
    annotator = given.get("annotator")
    known = isinstance(annotator, str) and re.fullmatch(ANNOTATOR, annotator)
    return {
        "recording": given["recording"],
        "annotator": annotator if known else None,
        "statement": MISSING if _has_duplicate_keys(raw) else _statement(given.get("consent")),
    }


def _has_duplicate_keys(raw: str) -> bool:
    """Whether a key is duplicate, so that the line is ambiguous."""
    try:
        read_object(raw)
    except ValueError:
        return True
    return False


def _statement(consent: object) -> Statement:
    """The statement of a consent with a valid scope, though the rest of it may be invalid."""
    if not isinstance(consent, dict) or consent.get("scope") not in SCOPES:
        return MISSING
    at, statement = consent.get("at"), consent.get("statement")
    if not isinstance(statement, str) or not statement:
        return MISSING
    known = isinstance(at, str) and error_in(at) is None
    return Statement(scope=consent["scope"], at=at if known else None, statement=statement)


def error_texts(error: ValidationError) -> str:
    """A line's errors with their positions; first misspelt keys, which may cause other errors."""
    found = [_error_text(one) for one in error.errors(include_url=False, include_input=False)]
    found.sort(key=lambda one: UNKNOWN not in one)
    more = f"; and {len(found) - MAX_ERRORS} more" if len(found) > MAX_ERRORS else ""
    return "; ".join(found[:MAX_ERRORS]) + more


def _error_text(one: ErrorDetails) -> str:
    where = ".".join(str(part) for part in one["loc"]) or "the line"
    if one["type"] == "extra_forbidden":
        near = get_close_matches(str(one["loc"][-1]), _keys(one["loc"][:-1]), 1)
        advice = f"did you mean {near[0]}?" if near else "take it out"
        return f"{where}: {UNKNOWN}: {advice}"
    known = {
        "missing": "is needed and isn't there",
        "string_pattern_mismatch": "has up to 254 letters, digits and . _ : @ + -, and no blanks",
        "string_type": "is a text in double quotes",
        "string_too_short": "is empty",
        "model_type": "is an object in braces",
        "bool_type": "is true or false",
        "tuple_type": "is a list in brackets",
    }
    return f"{where}: {known.get(one['type'], one['msg']).removeprefix('Value error, ')}"


def _keys(where: tuple[int | str, ...]) -> list[str]:
    """The valid keys at a position in a line."""
    models: dict[str, type[BaseModel]] = {"consent": Consent, "prompts": Prompt}
    model = models.get(str(where[0]), ManifestRow) if where else ManifestRow
    return list(model.model_fields)

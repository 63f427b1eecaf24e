"""The recording protocol as JSON: guiding questions, minimum and target length, consent.

It is stored in an XML comment of the record project's labelling configuration. The recorder add-on
reads it there, and people can read it in the project's settings.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from annotate.model.errors import AnnotateError
from annotate.model.language import language_of

MARK = "annotate-protocol"
_COMMENT = re.compile(rf"<!--\s*{MARK}\s+(\{{.*?\}})\s*-->", re.DOTALL)

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Language = Annotated[str, AfterValidator(language_of)]
Texts = dict[Language, Text]


class Question(BaseModel, frozen=True, extra="forbid"):
    """One guiding question; `text` is its wording by language."""

    id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    text: Texts = Field(min_length=1)


class Consent(BaseModel, frozen=True, extra="forbid"):
    """The consent that annotators give before their first recording."""

    scope: Literal["public", "research", "internal"]
    statement: Text = Field(description="The text's id, kept with each recording.")
    text: Texts = Field(default_factory=dict)


class Protocol(BaseModel, frozen=True, extra="forbid"):
    """A project's recording protocol."""

    language: Language = Field("en", description="What they speak.")
    minimum_seconds: int = Field(60, ge=0, le=3600)
    asked_seconds: Literal[60, 90] = 90
    interface: Literal["en", "ar"] = Field("en", description="What the recorder speaks.")
    second_look: bool = Field(
        False, description="Whether they see what was recognized, and may correct it."
    )
    consent: Consent
    questions: tuple[Question, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _each_question_once(self) -> Protocol:
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions have the same id")
        if self.minimum_seconds > self.asked_seconds:
            raise ValueError("minimum_seconds is more than asked_seconds")
        return self

    def comment(self) -> str:
        """The protocol as an XML comment."""
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False)
        # XML forbids "--" in a comment; in JSON strings a hyphen can be escaped as \u002d.
        return f"<!-- {MARK} {text.replace('--', chr(92) + 'u002d' + chr(92) + 'u002d')} -->"


def read_protocol(path: Path | None = None) -> Protocol:
    """The protocol in a JSON file, or the default one.

    Raises:
        AnnotateError: If the file doesn't exist or isn't a valid protocol.
    """
    try:
        source = path or resources.files("annotate.label_studio") / "configs" / "protocol.json"
        return Protocol.model_validate_json(source.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise AnnotateError(f"cannot read the protocol {path}: {why}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AnnotateError(f"{path}: {where}: {first['msg']}".replace(": : ", ": ")) from error


def protocol_in(label_config: str) -> Protocol | None:
    """The protocol in a labelling configuration; None if it contains no valid one."""
    found = _COMMENT.search(label_config)
    if found is None:
        return None
    try:
        return Protocol.model_validate_json(found[1])
    except ValidationError:
        return None

"""Between Label Studio's words and ours: the only module that knows task, annotation and region.

Pure functions. Whatever a server says is checked here: annotators write it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.language import LanguageTag

MAX_TEXT = 20_000
"""Characters of a caption that a person sends back; no caption comes near it."""

MAX_REFERENCE = 1_000_000
"""Characters of a recording's reference."""

Choice = Literal["accept", "fix", "reject"]


class _Edge(BaseModel):
    """What a server says, of which the keys that we know must be right."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Prompt(_Edge):
    """When a guiding question was taken up, on the recording's clock."""

    question: str = Field(max_length=64)
    t_ms: int = Field(ge=0)


class Consent(_Edge):
    """What the annotator agreed to when the recording was made."""

    scope: Literal["public", "research", "internal"]
    statement: str = Field(min_length=1, max_length=MAX_TEXT)
    at: str | None = Field(None, max_length=64)


class Reference(_Edge):
    """What an annotation holds of a recording that was uploaded: where it is and what it is."""

    version: Literal[1]
    recording: str = Field(pattern=r"^[0-9a-f]{32}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    client_ms: int | None = Field(None, ge=0)
    prompts: tuple[Prompt, ...] = Field((), max_length=1000)
    recorded_at: str | None = Field(None, max_length=64)
    language: LanguageTag = None
    consent: Consent


def _user_id(value: Any) -> Any:
    return value.get("id") if isinstance(value, Mapping) else value


def _seconds(value: Any) -> float | None:
    """A length of time, or None: the browser measures it, and nothing hangs on it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _regions(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


class _Annotation(_Edge):
    """The server writes the first three; the rest is as the browser sent it."""

    id: int = Field(ge=0)
    completed_by: Annotated[int | None, BeforeValidator(_user_id)] = None
    updated_at: AwareDatetime
    was_cancelled: bool = False
    lead_time: Annotated[float | None, BeforeValidator(_seconds)] = None
    result: Annotated[list[dict[str, Any]], BeforeValidator(_regions)] = Field(default_factory=list)


class _RecordData(_Edge):
    image: str = Field(min_length=1, max_length=4096)
    name: str | None = Field(None, max_length=255)
    image_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class _ReviewData(_Edge):
    caption_id: str = Field(pattern=r"^cap_[0-9a-f]{16}$")


class _Task(_Edge):
    id: int = Field(ge=0)
    updated_at: AwareDatetime
    data: dict[str, Any]
    annotations: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What one annotator handed in about one image.

    Attributes:
        item: What it is called in the lake: the place and the annotation's number.
        annotator_id: A pseudonym, `ls-` and the account's number.
        updated_at: When it was last changed there.
        image: A path or URL; None when the task is broken.
        reference: The recording, or why there is none.
    """

    item: str
    annotator_id: str
    updated_at: datetime
    image: str | None
    image_name: str | None
    image_sha256: str | None
    reference: Reference | Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one reviewer decided on one caption. `text` is the caption as they left it."""

    item: str
    caption_id: str
    decision: Choice
    reasons: tuple[str, ...]
    text: str
    reviewer: str
    seconds: float | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as far as every project's are alike."""

    id: int
    updated_at: datetime
    data: Mapping[str, Any]
    annotations: Sequence[Mapping[str, Any]]


def parse_task(raw: Mapping[str, Any]) -> Task:
    """A task as the server lists it.

    Raises:
        AnnotateError: If it has no id or time: then this is no Label Studio that we know.
    """
    try:
        task = _Task.model_validate({"annotations": [], **raw})
    except ValidationError as error:
        raise AnnotateError(f"the server lists a task of unknown form: {_first(error)}") from error
    return Task(
        id=task.id, updated_at=task.updated_at, data=task.data, annotations=task.annotations
    )


def recorded(place: str, task: Task) -> list[Recorded]:
    """What annotators handed in on a task of the record project; what they cancelled is left out.

    Raises:
        AnnotateError: If an annotation has no id or time.
    """
    broken = None
    try:
        data = _RecordData.model_validate(task.data)
    except ValidationError as error:
        data, broken = None, f"task {task.id}: {_first(error)}"
    found = []
    for annotation in _annotations(task):
        item = f"{place}/{annotation.id}"
        try:
            if broken:
                raise RejectedError("invalid_row", broken)
            reference: Reference | Rejection = _reference(annotation.result)
        except RejectedError as refusal:
            reference = refusal.of(item)
        found.append(
            Recorded(
                item=item,
                annotator_id=_pseudonym(annotation),
                updated_at=annotation.updated_at,
                image=data.image if data else None,
                image_name=data.name if data else None,
                image_sha256=data.image_sha256 if data else None,
                reference=reference,
            )
        )
    return found


def decisions(place: str, task: Task) -> list[Decision | Rejection]:
    """What reviewers decided on a task of the review project, oldest first."""
    found: list[Decision | Rejection] = []
    for annotation in sorted(_annotations(task), key=lambda one: (one.updated_at, one.id)):
        item = f"{place}/{annotation.id}"
        try:
            found.append(_decision(item, task, annotation))
        except RejectedError as refusal:
            found.append(refusal.of(item))
    return found


def _annotations(task: Task) -> list[_Annotation]:
    try:
        found = TypeAdapter(list[_Annotation]).validate_python(list(task.annotations))
    except ValidationError as error:
        detail = f"task {task.id} has an annotation of unknown form: {_first(error)}"
        raise AnnotateError(detail) from error
    return [annotation for annotation in found if not annotation.was_cancelled]


def _decision(item: str, task: Task, annotation: _Annotation) -> Decision:
    try:
        data = _ReviewData.model_validate(task.data)
    except ValidationError as error:
        raise RejectedError("invalid_row", f"task {task.id}: {_first(error)}") from error
    chosen = [_code(one) for one in _values(annotation.result, "decision", "choices")]
    if len(chosen) != 1 or chosen[0] not in ("accept", "fix", "reject"):
        raise RejectedError("no_decision", f"one of accept, fix, reject is wanted: {chosen}"[:200])
    text = " ".join(_values(annotation.result, "caption", "text")).strip()
    if len(text) > MAX_TEXT or "\0" in text:
        raise RejectedError("invalid_row", f"a caption has {MAX_TEXT} characters at most")
    if not text and chosen[0] != "reject":
        raise RejectedError("empty_text", "a caption without a text can only be rejected")
    return Decision(
        item=item,
        caption_id=data.caption_id,
        decision=chosen[0],  # type: ignore[arg-type]
        reasons=tuple(map(_code, _values(annotation.result, "reason", "choices"))),
        text=text,
        reviewer=_pseudonym(annotation),
        seconds=annotation.lead_time,
        updated_at=annotation.updated_at,
    )


def _reference(result: Sequence[Mapping[str, Any]]) -> Reference:
    texts = _values(result, "recording", "text")
    if len(texts) != 1:
        raise RejectedError("missing_audio", f"{len(texts)} recordings were handed in, not one")
    if len(texts[0]) > MAX_REFERENCE:
        raise RejectedError("invalid_row", f"more than {MAX_REFERENCE} characters")
    try:
        return Reference.model_validate_json(texts[0])
    except ValidationError as error:
        raise RejectedError("invalid_row", f"the recording's reference: {_first(error)}") from error


def _values(result: Sequence[Mapping[str, Any]], control: str, kind: str) -> list[str]:
    """The texts or choices that stand in a control, of all its regions."""
    found: list[str] = []
    for region in result:
        value = region.get("value")
        if region.get("from_name") == control and isinstance(value, Mapping):
            said = value.get(kind)
            found += [said] if isinstance(said, str) else said if isinstance(said, list) else []
    # A lone surrogate is JSON and no text: no table can hold it.
    return [one.encode(errors="replace").decode() for one in found if isinstance(one, str)]


def _code(reason: str) -> str:
    code = re.sub(r"[^a-z0-9]+", "_", reason.casefold()).strip("_")
    return code if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", code) else "other"


def _pseudonym(annotation: _Annotation) -> str:
    """The account's number; its owner's name and address never leave the server."""
    number = annotation.completed_by
    return f"ls-{'deleted' if number is None else number}"


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])

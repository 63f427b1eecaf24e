"""Tasks and annotations as a server lists them, as far as every project's are alike.

Of an annotation a client writes nearly everything, its author included: only its id, when it was
changed and who changed it last are the server's own words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from annotate.model.errors import AnnotateError

LARGEST = 2**63
"""Ids are below: no table holds larger ones."""


class Edge(BaseModel):
    """What a server says, of which the keys that we know must be right."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _user_id(value: Any) -> Any:
    """An account's number; None where there is none."""
    number = value.get("id") if isinstance(value, Mapping) else value
    return number if type(number) is int and 0 <= number < LARGEST else None


def _seconds(value: Any) -> float | None:
    """A length of time, or None: the browser measures it, and nothing hangs on it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _regions(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no time of ours") from error


Id = Annotated[int, Field(ge=0, lt=LARGEST)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
User = Annotated[int | None, BeforeValidator(_user_id)]


class Annotation(Edge):
    """What somebody handed in about a task.

    Attributes:
        completed_by: In whose name; a client may say so.
        updated_by: Who changed it last; the server says so.
    """

    id: Id
    completed_by: User = None
    updated_by: User = None
    updated_at: Moment
    was_cancelled: Annotated[bool, BeforeValidator(lambda value: value is True)] = False
    lead_time: Annotated[float | None, BeforeValidator(_seconds)] = None
    result: Annotated[list[dict[str, Any]], BeforeValidator(_regions)] = Field(default_factory=list)


class _Task(Edge):
    id: Id
    updated_at: Moment
    data: dict[str, Any]
    annotations: list[Any]
    overlap: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as far as every project's are alike."""

    id: int
    updated_at: datetime
    data: Mapping[str, Any]
    annotations: Sequence[Any]
    overlap: int = 1

    @property
    def people(self) -> int:
        """How many accounts have handed something in, as the server counts them."""
        there = [one for one in self.annotations if isinstance(one, Mapping)]
        return len({str(one.get("completed_by")) for one in there if not one.get("was_cancelled")})


def parse_task(raw: Mapping[str, Any]) -> Task:
    """A task as the server lists it.

    Raises:
        AnnotateError: If it has no id or time: then this is no Label Studio that we know.
    """
    try:
        task = _Task.model_validate({"annotations": [], **raw})
    except ValidationError as error:
        raise AnnotateError(
            f"the server lists a task of unknown form: {first_error(error)}"
        ) from error
    return Task(
        id=task.id,
        updated_at=task.updated_at,
        data=task.data,
        annotations=task.annotations,
        overlap=task.overlap,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An annotation of unknown form: what it can be called, and what is wrong with it."""

    name: str
    fault: str


def standing(task: Task) -> list[Annotation | Broken]:
    """The annotations of a task, without those that were cancelled."""
    found: list[Annotation | Broken] = []
    for place, raw in enumerate(task.annotations):
        try:
            one = Annotation.model_validate(raw)
        except ValidationError as error:
            number = raw.get("id") if isinstance(raw, Mapping) else None
            known = type(number) is int and 0 <= number < LARGEST
            name = str(number) if known else f"task-{task.id}-{place}"
            fault = f"an annotation of task {task.id} has an unknown form: {first_error(error)}"
            found.append(Broken(name=name, fault=fault))
            continue
        if not one.was_cancelled:
            found.append(one)
    return found


def values(result: Sequence[Mapping[str, Any]], control: str, kind: str) -> list[str]:
    """The texts or choices that stand in a control, of all its regions."""
    found: list[str] = []
    for region in result:
        value = region.get("value")
        if region.get("from_name") == control and isinstance(value, Mapping):
            given = value.get(kind)
            found += [given] if isinstance(given, str) else given if isinstance(given, list) else []
    # A lone surrogate is JSON and no text: no table can hold it.
    return [one.encode(errors="replace").decode() for one in found if isinstance(one, str)]


def first_error(error: ValidationError) -> str:
    """Where the first mistake is, and what it is, on one line without what was said."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = f"{where}: {first['msg']}" if where else str(first["msg"])
    return " ".join(message.encode(errors="replace").decode().split())

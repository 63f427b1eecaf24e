"""Schema of tasks and annotations in a server's listing, for the fields that all projects share.

A client can set nearly all fields of an annotation, including its author. Only the id, the time of
the last change and the account that made it are set by the server.
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
"""Exclusive upper bound of ids, which are stored as 64-bit integers."""


class Edge(BaseModel):
    """A server's data: known keys must be valid, unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _user_id(value: Any) -> Any:
    """An account's id; None if the value is no valid id."""
    number = value.get("id") if isinstance(value, Mapping) else value
    return number if type(number) is int and 0 <= number < LARGEST else None


def _seconds(value: Any) -> float | None:
    """A duration in seconds; None if invalid, because it is optional and set by the browser."""
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
    """A submitted annotation of a task.

    Attributes:
        completed_by: The account that submitted it; a client can set this.
        updated_by: The account that changed it last; set by the server.
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
    """A task with the fields that all projects share."""

    id: int
    updated_at: datetime
    data: Mapping[str, Any]
    annotations: Sequence[Any]
    overlap: int = 1

    @property
    def people(self) -> int:
        """The number of accounts with a submitted annotation, counted as the server does."""
        found = [one for one in self.annotations if isinstance(one, Mapping)]
        return len({str(one.get("completed_by")) for one in found if not one.get("was_cancelled")})


def parse_task(raw: Mapping[str, Any]) -> Task:
    """Parse a task from the server's listing.

    Raises:
        AnnotateError: If it has no valid id or time: the server's version isn't supported.
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
    """An annotation that doesn't fit the schema: a name for it, and the validation error."""

    name: str
    error: str


def standing(task: Task) -> list[Annotation | Broken]:
    """The annotations of a task, without those that were cancelled."""
    found: list[Annotation | Broken] = []
    for index, raw in enumerate(task.annotations):
        try:
            one = Annotation.model_validate(raw)
        except ValidationError as error:
            number = raw.get("id") if isinstance(raw, Mapping) else None
            known = type(number) is int and 0 <= number < LARGEST
            name = str(number) if known else f"task-{task.id}-{index}"
            message = f"an annotation of task {task.id} has an unknown form: {first_error(error)}"
            found.append(Broken(name=name, error=message))
            continue
        if not one.was_cancelled:
            found.append(one)
    return found


def values(result: Sequence[Mapping[str, Any]], control: str, kind: str) -> list[str]:
    """The texts or choices of a control, over all its regions."""
    found: list[str] = []
    for region in result:
        value = region.get("value")
        if region.get("from_name") == control and isinstance(value, Mapping):
            given = value.get(kind)
            found += [given] if isinstance(given, str) else given if isinstance(given, list) else []
    # JSON may contain a lone surrogate, which can't be encoded as UTF-8 and stored in a table.
    return [one.encode(errors="replace").decode() for one in found if isinstance(one, str)]


def first_error(error: ValidationError) -> str:
    """The location and message of the first error, on one line, without the input."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = f"{where}: {first['msg']}" if where else str(first["msg"])
    return " ".join(message.encode(errors="replace").decode().split())

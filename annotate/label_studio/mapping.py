"""Maps Label Studio's tasks and annotations to submitted recordings and review decisions.

Pure functions. All input is validated here, because annotators write it. An annotation only claims
which recording it belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, ValidationError

from annotate.label_studio.second_look import EditClaim
from annotate.label_studio.task_schema import (
    Annotation,
    Broken,
    Edge,
    Task,
    first_error,
    parse_task,
    standing,
    values,
)
from annotate.model.errors import RejectedError, Rejection
from annotate.model.visible import has_visible, without_controls

__all__ = ["Claim", "Decision", "Recorded", "Task", "decisions", "parse_task", "recorded"]

MAX_TEXT = 20_000
"""Maximum length of a caption sent back by a reviewer, in characters; captions are far shorter."""

MAX_REFERENCE = 1_000_000
"""Maximum length of a recording's reference, in characters of JSON."""

Choice = Literal["accept", "fix", "reject"]


class Claim(Edge):
    """An annotation's reference to its recording; the server's own record takes precedence."""

    version: Literal[1]
    recording: str = Field(pattern=r"^[0-9a-f]{32}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    edit: EditClaim | None = None


class _RecordData(Edge):
    image: str = Field(min_length=1, max_length=4096)
    name: str | None = Field(None, max_length=255)
    image_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class _ReviewData(Edge):
    caption_id: str = Field(pattern=r"^cap_[0-9a-f]{16}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One annotator's submission for one image.

    Attributes:
        item: Its name in the lake: the place and the annotation's id.
        account: The account that submitted it, as the client states; None if it is deleted.
        changed_by: The account that changed it last, as the server states; None if unknown.
        updated_at: When it was last changed on the server.
        image: A path or URL; None when the task data is invalid.
        claim: The recording that it claims to belong to, or why the claim is rejected.
    """

    item: str
    account: int | None
    changed_by: int | None = None
    updated_at: datetime
    image: str | None
    image_name: str | None
    image_sha256: str | None
    claim: Claim | Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One account's decision on one caption. `text` is the caption as the reviewer edited it.

    Attributes:
        account: The account that decided, as the client states; None if it is deleted.
        changed_by: The account that changed it last, as the server states; None if unknown.
    """

    item: str
    account: int | None
    changed_by: int | None
    caption_id: str
    decision: Choice
    reasons: tuple[str, ...]
    text: str
    reviewer: str
    seconds: float | None
    updated_at: datetime

    @property
    def people(self) -> frozenset[int]:
        """The accounts that must be reviewers for the decision to count."""
        return frozenset(one for one in (self.account, self.changed_by) if one is not None)


def recorded(place: str, task: Task) -> list[Recorded]:
    """The submissions on a task of the record project, without cancelled ones."""
    data, broken = None, None
    try:
        data = _RecordData.model_validate(task.data)
    except ValidationError as error:
        broken = f"task {task.id}: {first_error(error)}"
    found = []
    for one in standing(task):
        item = f"{place}/{one.id if isinstance(one, Annotation) else one.name}"
        found.append(
            Recorded(
                item=item,
                account=one.completed_by if isinstance(one, Annotation) else None,
                changed_by=one.updated_by if isinstance(one, Annotation) else None,
                updated_at=one.updated_at if isinstance(one, Annotation) else task.updated_at,
                image=data.image if data else None,
                image_name=data.name if data else None,
                image_sha256=data.image_sha256 if data else None,
                claim=_claim(item, one, broken),
            )
        )
    return found


def decisions(place: str, task: Task) -> list[Decision | Rejection]:
    """The decisions on a task of the review project, oldest first."""
    found: list[Decision | Rejection] = []
    known: list[Annotation] = []
    for one in standing(task):
        if isinstance(one, Broken):
            item = f"{place}/{one.name}"
            found.append(Rejection(item=item, reason="invalid_row", detail=one.error))
        else:
            known.append(one)
    for annotation in sorted(known, key=lambda one: (one.updated_at, one.id)):
        item = f"{place}/{annotation.id}"
        try:
            found.append(_decision(item, task, annotation))
        except RejectedError as error:
            found.append(error.of(item))
    return found


def account_name(account: int | None) -> str:
    """An account's name outside its server, where its owner's name and address aren't used."""
    return f"ls-{'deleted' if account is None else account}"


def _decision(item: str, task: Task, annotation: Annotation) -> Decision:
    try:
        data = _ReviewData.model_validate(task.data)
    except ValidationError as error:
        raise RejectedError("invalid_row", f"task {task.id}: {first_error(error)}") from error
    chosen = [_code(one) for one in values(annotation.result, "decision", "choices")]
    if len(chosen) != 1 or chosen[0] not in ("accept", "fix", "reject"):
        raise RejectedError("no_decision", f"one of accept, fix, reject is wanted: {chosen}"[:200])
    text = without_controls(" ".join(values(annotation.result, "caption", "text"))).strip()
    if len(text) > MAX_TEXT:
        raise RejectedError("invalid_row", f"a caption has {MAX_TEXT} characters at most")
    if not has_visible(text) and chosen[0] != "reject":
        raise RejectedError("empty_text", "a caption without a text can only be rejected")
    return Decision(
        item=item,
        account=annotation.completed_by,
        changed_by=annotation.updated_by,
        caption_id=data.caption_id,
        decision=chosen[0],  # type: ignore[arg-type]
        reasons=tuple(map(_code, values(annotation.result, "reason", "choices"))),
        text=text,
        reviewer=account_name(annotation.completed_by),
        seconds=annotation.lead_time,
        updated_at=annotation.updated_at,
    )


def _claim(item: str, one: Annotation | Broken, broken: str | None) -> Claim | Rejection:
    try:
        if isinstance(one, Broken) or broken:
            raise RejectedError(
                "invalid_row", one.error if isinstance(one, Broken) else str(broken)
            )
        return _reference(one.result)
    except RejectedError as error:
        return error.of(item)


def _reference(result: Sequence[Mapping[str, Any]]) -> Claim:
    texts = values(result, "recording", "text")
    if len(texts) != 1:
        raise RejectedError("missing_audio", f"{len(texts)} recordings were handed in, not one")
    if len(texts[0]) > MAX_REFERENCE:
        raise RejectedError("invalid_row", f"more than {MAX_REFERENCE} characters")
    try:
        return Claim.model_validate_json(texts[0])
    except ValidationError as error:
        detail = f"the recording's reference: {first_error(error)}"
        raise RejectedError("invalid_row", detail) from error


def _code(reason: str) -> str:
    code = re.sub(r"[^a-z0-9]+", "_", reason.casefold()).strip("_")
    return code if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", code) else "other"

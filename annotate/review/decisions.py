"""Conversion of decisions to rows of `reviews`, with the checks of who may decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import polars as pl

from annotate.label_studio.mapping import Decision, Task, account_name, decisions
from annotate.model.errors import RejectedError, Rejection
from annotate.model.ids import digest
from annotate.model.tables import BOOKKEEPING, Captions, Reviews
from annotate.model.unexpected import is_unexpected, rejection
from annotate.review.annotators import recorded_by
from annotate.review.lineage import reattach
from annotate.store.delta import order
from annotate.store.lake import Lake

STEP = "collect"
VERSION = 1
NOT_A_REVIEWER = "not_a_reviewer"
OWN_RECORDING = "own_recording"
NOT_THEIRS = (NOT_A_REVIEWER, OWN_RECORDING)
"""Reasons about the person who decided or changed something, and not about the content."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReport:
    """The decisions of some tasks: rows to write, in order, and rejected decisions.

    Attributes:
        keys: The step key of every decision found.
    """

    rows: tuple[Row, ...]
    reused: int
    rejected: tuple[Rejection, ...]
    keys: Mapping[str, str]


class DecisionReader:
    """Reads the decisions of some tasks.

    Args:
        place: The project's name in the lake.
        reviewers: The accounts whose decisions count now. Rows collected before stay.
    """

    def __init__(self, lake: Lake, place: str, tasks: Sequence[Task], reviewers: frozenset[int]):
        self._place = place
        self._reviewers = reviewers
        self._found = [(task, decisions(place, task)) for task in tasks]
        wanted = {
            one.caption_id for _, many in self._found for one in many if isinstance(one, Decision)
        }
        self._captions = _captions(lake, wanted)
        self._annotators = _annotators(lake, self._captions)
        self._written = _written(lake, wanted)

    def read(self) -> DecisionReport:
        """The new rows, and the rejected decisions."""
        rows: list[Row] = []
        rejected: list[Rejection] = []
        keys: dict[str, str] = {}
        reused = 0
        for task, many in self._found:
            good: list[Row] = []
            meddled = False
            for one in many:
                found = self._row(one)
                if isinstance(found, Rejection):
                    rejected.append(found)
                    keys[one.item] = self._rejected_key(task, one, found.reason)
                    meddled |= found.reason in NOT_THEIRS and self._by_a_reviewer(one)
                else:
                    good.append(found)
                    keys[one.item] = found["step_key"]
            new = self._new(good, may_bring_back=not meddled)
            rows += new
            reused += len(good) - len(new)
        return DecisionReport(rows=tuple(rows), reused=reused, rejected=tuple(rejected), keys=keys)

    def _row(self, one: Decision | Rejection) -> Row | Rejection:
        if isinstance(one, Rejection):
            return one
        try:
            row = _review(one, self._captions)
            if row["step_key"] not in self._written.get(one.caption_id, []):
                _check_people(one, self._reviewers)
                _check_not_own(one, self._annotators.get(one.caption_id, frozenset()))
            return row
        except RejectedError as error:
            return error.of(one.item)
        except BaseException as error:
            if not is_unexpected(error):
                raise
            return rejection(one.item, error)

    def _rejected_key(self, task: Task, one: Decision | Rejection, reason: str) -> str:
        if isinstance(one, Decision) and reason == NOT_A_REVIEWER:
            return waits_for(self._place, min(one.people - self._reviewers, default=None))
        return digest(STEP, VERSION, task.updated_at.isoformat())

    def _by_a_reviewer(self, one: Decision | Rejection) -> bool:
        return isinstance(one, Decision) and one.account in self._reviewers

    def _new(self, good: Sequence[Row], *, may_bring_back: bool) -> list[Row]:
        """The new rows, and last the one that holds, if an older one was collected after it.

        Args:
            may_bring_back: False when a person who is no reviewer has changed a reviewer's
                decision: then the reviewer's decision as collected holds, and no older decision of
                another reviewer.
        """
        if not good:
            return []
        known = self._written.get(good[0]["caption_id"], [])
        new = [row for row in good if row["step_key"] not in known]
        latest = (known + [row["step_key"] for row in new])[-1]
        holds = latest == good[-1]["step_key"] or not may_bring_back
        return new if holds else [*new, good[-1]]


def waits_for(place: str, account: int | None) -> str:
    """The step key of a rejected decision that may count once this account is a reviewer."""
    return digest(STEP, VERSION, NOT_A_REVIEWER, place, account)


def _check_people(decision: Decision, reviewers: frozenset[int]) -> None:
    """Check that the person who decided, and the last who changed it, are reviewers.

    Raises:
        RejectedError: `not_a_reviewer`.
    """
    if decision.account is None:
        raise RejectedError(NOT_A_REVIEWER, "the account that decided this is deleted")
    strangers = sorted(decision.people - reviewers)
    if strangers:
        who = f"ls-{strangers[0]}"
        did = "decided" if strangers[0] == decision.account else "changed"
        raise RejectedError(
            NOT_A_REVIEWER, f"{who}, who {did} this, is not in the group 'annotate reviewers'"
        )


def _check_not_own(decision: Decision, annotators: frozenset[int]) -> None:
    """Check that neither the person who decided nor the last who changed it recorded the caption.

    Raises:
        RejectedError: `own_recording`.
    """
    if own := sorted(decision.people & annotators):
        did = "decided" if own[0] == decision.account else "changed"
        who = account_name(own[0])
        raise RejectedError(OWN_RECORDING, f"{who}, who {did} this, made a recording of it")


def _review(decision: Decision, captions: Mapping[str, Row]) -> Row:
    """The row of `reviews`.

    Raises:
        RejectedError: `unknown_caption`, if the lake never had it.
    """
    caption = captions.get(decision.caption_id)
    if caption is None:
        raise RejectedError("unknown_caption", f"the lake has no {decision.caption_id}")
    choice, text, lineage = decision.decision, caption["text"], caption["lineage"]
    if choice != "reject" and decision.text != text:
        # A changed text that is accepted counts as fixed.
        choice, text = "fix", decision.text
        lineage = reattach(caption["text"], lineage, text)
    row = {
        "caption_id": decision.caption_id,
        "image_id": caption["image_id"],
        "decision": choice,
        "reviewer": decision.reviewer,
        "automatic": False,
        "seconds": decision.seconds,
        "reasons": sorted(decision.reasons) if choice == "reject" else [],
        "text": text,
        "lineage": lineage,
    }
    moment = decision.updated_at.astimezone(UTC).isoformat()
    return {**row, "step_key": digest(STEP, VERSION, decision.item, moment, row)}


def _captions(lake: Lake, wanted: set[str]) -> dict[str, Row]:
    """The captions of these ids, be they the newest of their image or not."""
    only = pl.LazyFrame({"caption_id": sorted(wanted)}, schema={"caption_id": pl.String})
    found = lake.scan(Captions).join(only, on="caption_id", how="semi")
    return {row["caption_id"]: row for row in found.collect().iter_rows(named=True)}


def _annotators(lake: Lake, captions: Mapping[str, Row]) -> Mapping[str, frozenset[int]]:
    """Who made the recordings of each of the captions."""
    columns = {
        "caption_id": list(captions),
        "recordings": [caption["recordings"] for caption in captions.values()],
    }
    schema: dict[str, Any] = {"caption_id": pl.String, "recordings": pl.List(pl.String)}
    return recorded_by(lake, pl.DataFrame(columns, schema))


def _written(lake: Lake, wanted: set[str]) -> dict[str, list[str]]:
    """The step keys of the decisions that people have taken on these captions, oldest first."""
    only = pl.LazyFrame({"caption_id": sorted(wanted)}, schema={"caption_id": pl.String})
    rows = (
        lake.scan(Reviews)
        .filter(~pl.col("automatic"))
        .join(only, on="caption_id", how="semi")
        .sort(order(BOOKKEEPING))
        .group_by("caption_id", maintain_order=True)
        .agg("step_key")
        .collect()
    )
    return dict(rows.iter_rows())

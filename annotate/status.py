"""The state of a lake: its rows, the items that wait for each stage, and quarantine."""

from __future__ import annotations

from typing import Any

import polars as pl

from annotate import pipeline
from annotate.execution.planning import undone
from annotate.model.tables import Recordings, Transcripts
from annotate.review.pending import count_for_people, count_waiting
from annotate.settings import Settings
from annotate.store.lake import Lake
from annotate.store.quarantine import quarantined_by
from annotate.store.standing import standing, verdicts

FOR_PEOPLE = "people"
"""What waits for reviewers; under `review` is what may be accepted unseen."""

NAMES = {
    "transcribe": "for transcription",
    "align": "for alignment",
    "check": "for the checks",
    "caption": "to be composed",
    "review": "to be accepted unseen",
    FOR_PEOPLE: "for review",
    "second_review": "for a second reviewer",
    "adjudication": "for a third reviewer, since two differ",
}
"""What a stage does with what waits for it."""


def state(lake: Lake, settings: Settings, *, list_quarantined: bool = False) -> dict[str, Any]:
    """Everything at a glance. Nothing is written."""
    rejected = lake.quarantined()
    verdict_counts = (
        verdicts(lake).group_by("check", "status").len().sort("check", "status").collect()
    )
    here = lake.current(Recordings).select("recording_id")
    stand = here.join(standing(lake), on="recording_id", how="left").group_by("status").len()
    report: dict[str, Any] = {
        "lake": lake.location.shown,
        "waiting": waiting(lake, settings),
        "refused": rejected.height,
        # Rows of what came through after all are still in the table.
        "tables": {**lake.counts(), "quarantine": rejected.height},
        "quarantined": dict(rejected.group_by("reason").len().sort("reason").iter_rows()),
        "recordings": {
            status or "no_consent": count
            for status, count in stand.sort("status", nulls_last=True).collect().iter_rows()
        },
        "verdicts": [
            {"check": check, "status": status, "recordings": count}
            for check, status, count in verdict_counts.iter_rows()
            if status != "pass"
        ],
    }
    if list_quarantined:
        columns = ("step", "item", "reason", "detail")
        report["quarantine"] = rejected.sort("step", "item").select(columns).to_dicts()
    return report


def waiting(lake: Lake, settings: Settings) -> dict[str, int]:
    """How many items each stage would work on now, and how many captions wait for reviewers.

    For transcription these are recordings without any transcript: the model of the next run is not
    known here, and computing its hash may download it. The other stages are planned with the
    current settings.
    """
    found = {"transcribe": _untranscribed(lake)}
    for name in pipeline.STAGES[1:]:
        found[name] = undone(pipeline.stage(name, settings), lake).height
    begun = count_waiting(lake, settings.review)
    people = count_for_people(lake, settings.review) - sum(begun.values())
    return {**found, FOR_PEOPLE: people, **begun}


def summary(report: dict[str, Any]) -> str:
    """`1 waits for transcription, 8 for review, 3 refused`."""
    waits = [(count, NAMES[name]) for name, count in report["waiting"].items() if count]
    first = (
        [f"{waits[0][0]:,} {'waits' if waits[0][0] == 1 else 'wait'} {waits[0][1]}"]
        if waits
        else []
    )
    parts = [*first, *(f"{count:,} {what}" for count, what in waits[1:])] or ["nothing waits"]
    return ", ".join([*parts, *([f"{report['refused']:,} refused"] if report["refused"] else [])])


def _untranscribed(lake: Lake) -> int:
    done = lake.current(Transcripts).select("recording_id")
    rejected = quarantined_by(lake, "transcribe").select(recording_id="item")
    rows = lake.current(Recordings).select("recording_id")
    left = rows.join(done, on="recording_id", how="anti")
    count: int = (
        left.join(rejected, on="recording_id", how="anti").select(pl.len()).collect().item()
    )
    return count

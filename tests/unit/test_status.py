"""Status of a lake: items waiting for each stage, and consistent counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate import pipeline
from annotate.execution.planning import plan
from annotate.execution.runner import run_step
from annotate.model.errors import Rejection
from annotate.model.tables import Captions, Consents, Recordings, Transcripts, Verdicts
from annotate.settings import Settings, load
from annotate.status import FOR_PEOPLE, state, summary, waiting
from annotate.store.lake import Lake
from annotate.store.quarantine import quarantine, resolve
from tests.builders import a_consent, a_recording, a_transcript, a_verdict, img, lake_with, rec
from tests.release_builders import a_lake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(lake=str(tmp_path))


def two_recordings(root: Path) -> Lake:
    """Two recordings, of which one has a transcript."""
    rows = {
        Recordings: [a_recording("a"), a_recording("b")],
        Transcripts: [a_transcript(name="a")],
    }
    return lake_with(root, rows)


def test_each_stage_waits_for_the_previous_one(tmp_path: Path, settings: Settings) -> None:
    lake = two_recordings(tmp_path)
    found = waiting(lake, settings)
    assert (found["transcribe"], found["align"], found["check"]) == (1, 1, 1)
    run_step(pipeline.stage("align", settings), lake)
    run_step(pipeline.stage("check", settings), lake)
    found = waiting(lake, settings)
    assert (found["transcribe"], found["align"], found["check"], found["caption"]) == (1, 0, 0, 1)


def test_finished_and_rejected_items_do_not_wait(tmp_path: Path, settings: Settings) -> None:
    lake = two_recordings(tmp_path)
    quarantine(lake, "transcribe", [Rejection(item=rec("b"), reason="odd", detail="odd")], {})
    assert waiting(lake, settings)["transcribe"] == 0


def test_the_counts_match_the_plans(tmp_path: Path, settings: Settings) -> None:
    lake = two_recordings(tmp_path)
    for _ in range(2):
        for name in pipeline.STAGES[1:]:
            step = pipeline.stage(name, settings)
            assert waiting(lake, settings)[name] == plan(step, lake).todo.height
            run_step(step, lake)


def test_reading_the_status_writes_nothing(tmp_path: Path, settings: Settings) -> None:
    lake = a_lake(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    state(lake, settings, list_quarantined=True)
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_no_model_is_needed(tmp_path: Path) -> None:
    lake = two_recordings(tmp_path)
    assert waiting(lake, load(lake=str(tmp_path), model="no-such-model"))["transcribe"] == 1


def test_captions_that_need_a_reviewer_wait_for_one(tmp_path: Path, settings: Settings) -> None:
    source = "label-studio/studio.test/1/7"
    caption = {
        **{"image_id": img("a"), "caption_id": "cap_0123456789abcdef", "text": "a boat"},
        **{"lineage": [], "recordings": [rec("a")]},
    }
    lake = lake_with(
        tmp_path,
        {
            Recordings: [a_recording("a", source=source)],
            Consents: [a_consent("a")],
            Verdicts: [a_verdict("a")],
            Captions: [caption],
        },
    )
    found = waiting(lake, settings)
    assert (found[FOR_PEOPLE], found["review"]) == (1, 0)


def test_counts_are_consistent(tmp_path: Path, settings: Settings) -> None:
    lake = two_recordings(tmp_path)
    odd = [Rejection(item=name, reason=name, detail=name) for name in ("odd", "bad", "old")]
    quarantine(lake, "ingest", odd, {})
    resolve(lake, lake.quarantined().filter(item="old"))
    status = state(lake, settings, list_quarantined=True)
    assert status["refused"] == status["tables"]["quarantine"] == len(status["quarantine"]) == 2
    assert sum(status["quarantined"].values()) == 2
    assert sum(status["recordings"].values()) == status["tables"]["recordings"]


@pytest.mark.parametrize(
    ("counts", "refused", "line"),
    [
        (
            {"transcribe": 1, "review": 0, FOR_PEOPLE: 8},
            3,
            "1 waits for transcription, 8 for review, 3 refused",
        ),
        ({"transcribe": 1200}, 0, "1,200 wait for transcription"),
        ({"transcribe": 0}, 0, "nothing waits"),
        ({"transcribe": 0}, 1, "nothing waits, 1 refused"),
    ],
)
def test_the_summary_is_one_line(counts: dict[str, int], refused: int, line: str) -> None:
    assert summary({"waiting": counts, "refused": refused}) == line

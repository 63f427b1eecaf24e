from datetime import UTC, datetime

import pytest

from annotate.align.options import AlignOptions
from annotate.align.step import Align
from annotate.execution.planning import plan
from annotate.execution.runner import run_step
from annotate.model.tables import Edits, Narrations, Recordings, Traces, Transcripts
from annotate.store.lake import content
from tests.builders import a_recording, a_transcript, frame, lake_with, rec, sha


def a_trace(name="a", x_frac=0.25):
    still = [{"x_frac": x_frac, "y_frac": 0.5, "t_ms": t_ms} for t_ms in range(0, 3000, 40)]
    return {"recording_id": rec(name), "segments": [still], "points": []}


@pytest.fixture
def lake(tmp_path):
    return lake_with(
        tmp_path,
        {
            Recordings: [a_recording("a"), a_recording("b"), a_recording("untranscribed")],
            Transcripts: [a_transcript(name="a"), a_transcript(name="b")],
            Traces: [a_trace("a")],
        },
    )


def narrations(lake):
    return {row["recording_id"]: row for row in content(lake, Narrations)}


def test_every_transcript_becomes_a_narration_of_its_image(lake):
    report = run_step(Align(), lake)
    assert (report.rows_in, report.written, report.quarantined) == (2, 2, {})
    assert report.audio_seconds == 140
    narration = narrations(lake)[rec("a")]
    assert [phrase["text"] for phrase in narration["phrases"]] == ["a cat", "a sofa."]
    assert {phrase["x_frac"] for phrase in narration["phrases"]} == {0.25}
    assert {word["tie"] for word in narration["words"]} == {"trace"}


def test_a_recording_without_a_trace_is_ungrounded(lake):
    run_step(Align(), lake)
    assert {phrase["tie"] for phrase in narrations(lake)[rec("b")]["phrases"]} == {"none"}


def an_edit(*changes, name="a"):
    written = [
        {"word": at, "start_ms": 300 * at, "end_ms": 300 * at + 300, "recognized": of, "text": to}
        for at, of, to in changes
    ]
    at = datetime(2026, 11, 1, tzinfo=UTC)
    model = {"engine": "test", "model": "test", "model_sha256": sha("model")}
    about = {"recording_id": rec(name), "source": "s", "annotator_id": "ann-01", "edited_at": at}
    return {**about, **model, "changes": written}


def test_corrections_are_stored_with_the_words_and_lost_ones_are_counted(lake):
    lake.append(Edits, frame(Edits, [an_edit((1, "cat", "dog"), (2, "in", "by"))]))
    run_step(Align(), lake)
    rows = narrations(lake)
    words = [(word["text"], word["edited"]) for word in rows[rec("a")]["words"]]
    assert words == [("a", None), ("cat", "dog"), ("on", None), ("a", None), ("sofa.", None)]
    assert (rows[rec("a")]["edits_lost"], rows[rec("b")]["edits_lost"]) == (1, None)


def test_an_empty_edit_changes_nothing(lake):
    lake.append(Edits, frame(Edits, [an_edit()]))
    run_step(Align(), lake)
    rows = narrations(lake)[rec("a")]
    assert {word["edited"] for word in rows["words"]} == {None}
    assert rows["edits_lost"] is None


def test_running_again_changes_nothing(lake):
    run_step(Align(), lake)
    before = content(lake, Narrations)
    report = run_step(Align(), lake)
    assert (report.written, report.reused) == (0, 2)
    assert content(lake, Narrations) == before


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (Recordings, a_recording("a")),
        (Transcripts, a_transcript("one dog", name="a")),
        (Traces, a_trace("a", x_frac=0.75)),
    ],
)
def test_new_input_recomputes_only_its_recording(lake, table, row):
    run_step(Align(), lake)
    lake.append(table, frame(table, [{**row, "step_key": "newer"}]))
    assert plan(Align(), lake).todo["recording_id"].to_list() == [rec("a")]


def test_a_later_trace_is_used(lake):
    run_step(Align(), lake)
    lake.append(Traces, frame(Traces, [a_trace("b")]))
    assert run_step(Align(), lake).written == 1
    assert {phrase["tie"] for phrase in narrations(lake)[rec("b")]["phrases"]} == {"trace"}


def test_a_changed_option_recomputes_everything(lake):
    run_step(Align(), lake)
    assert plan(Align(AlignOptions(lead_ms=0)), lake).todo.height == 2

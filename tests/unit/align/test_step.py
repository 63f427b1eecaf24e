import pytest

from annotate.align.options import AlignOptions
from annotate.align.step import Align
from annotate.model.tables import Narrations, Recordings, Traces, Transcripts
from annotate.store.lake import content
from annotate.store.step import plan, run_step
from tests.builders import a_recording, a_transcript, frame, lake_with, rec


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


def test_a_recording_without_a_trace_is_tied_to_nothing(lake):
    run_step(Align(), lake)
    assert {phrase["tie"] for phrase in narrations(lake)[rec("b")]["phrases"]} == {"none"}


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
def test_new_input_redoes_the_recording_it_concerns(lake, table, row):
    run_step(Align(), lake)
    lake.append(table, frame(table, [{**row, "step_key": "newer"}]))
    assert plan(Align(), lake).todo["recording_id"].to_list() == [rec("a")]


def test_a_trace_that_comes_late_is_used(lake):
    run_step(Align(), lake)
    lake.append(Traces, frame(Traces, [a_trace("b")]))
    assert run_step(Align(), lake).written == 1
    assert {phrase["tie"] for phrase in narrations(lake)[rec("b")]["phrases"]} == {"trace"}


def test_a_changed_option_redoes_everything(lake):
    run_step(Align(), lake)
    assert plan(Align(AlignOptions(lead_ms=0)), lake).todo.height == 2

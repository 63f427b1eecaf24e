import polars as pl
import pytest

from annotate.check.checks import CHECK_DEFINITIONS
from annotate.check.step import Check, find_copies
from annotate.check.thresholds import Thresholds
from annotate.execution.planning import plan
from annotate.execution.runner import run_step
from annotate.model.tables import Narrations, Recordings, Transcripts, Verdicts
from annotate.store.lake import content
from annotate.store.standing import worst
from tests.builders import (
    a_narration,
    a_recording,
    a_transcript,
    frame,
    lake_with,
    narrated,
    rec,
    sha,
)

FIRST, SECOND, OTHER = sorted("abc", key=rec)


@pytest.fixture
def lake(tmp_path):
    recordings = [
        a_recording(FIRST, pcm_sha256=sha("same")),
        a_recording(OTHER),
        a_recording("untranscribed"),
    ]
    transcripts = [a_transcript(name=name) for name in (FIRST, OTHER)]
    return lake_with(tmp_path, {Recordings: recordings, Transcripts: transcripts})


def add_copy(lake, name=SECOND):
    lake.append(Recordings, frame(Recordings, [a_recording(name, pcm_sha256=sha("same"))]))
    lake.append(Transcripts, frame(Transcripts, [a_transcript(name=name)]))


def verdicts_of(lake):
    return set(lake.read(Verdicts).select("recording_id", "check", "value").rows())


def summary(lake):
    return {
        row["recording_id"]: row["reason"]
        for row in worst(lake.current(Verdicts)).collect().to_dicts()
    }


def test_every_recording_has_a_row_for_every_check(lake):
    report = run_step(Check(), lake)
    assert (report.rows_in, report.written, report.quarantined) == (2, 2, {})
    assert report.audio_seconds == 140
    rows = lake.read(Verdicts)
    names = sorted(definition.name for definition in CHECK_DEFINITIONS)
    for recording in (FIRST, OTHER):
        assert rows.filter(pl.col("recording_id") == rec(recording))["check"].to_list() == names
    assert rows.height == 2 * len(CHECK_DEFINITIONS)


def test_corrections_are_checked_once_they_are_aligned(lake):
    run_step(Check(), lake)
    before = verdicts_of(lake)
    words = [{**word, "edited": "x"} for word in narrated("a cat on")]
    lake.append(Narrations, frame(Narrations, [a_narration(name=FIRST, words=words, edits_lost=2)]))
    lake.append(Narrations, frame(Narrations, [a_narration(name=OTHER)]))
    assert run_step(Check(), lake).written == 1
    assert verdicts_of(lake) - before == {
        (rec(FIRST), "is_rewritten", 0.6),
        (rec(FIRST), "has_lost_edits", 2.0),
    }


def test_running_again_changes_nothing(lake):
    run_step(Check(), lake)
    before = content(lake, Verdicts)
    report = run_step(Check(), lake)
    assert (report.written, report.reused) == (0, 2)
    assert content(lake, Verdicts) == before


def test_a_later_copy_is_rejected_and_recomputes_only_its_copies(lake):
    run_step(Check(), lake)
    add_copy(lake)
    todo = plan(Check(), lake).todo["recording_id"].to_list()
    assert todo == [rec(FIRST), rec(SECOND)]
    run_step(Check(), lake)
    rejected = lake.read(Verdicts).filter(reason="duplicate_audio")
    assert rejected["recording_id"].to_list() == [rec(SECOND)]


@pytest.mark.parametrize(
    ("table", "row"),
    [(Recordings, a_recording(OTHER)), (Transcripts, a_transcript("one dog", name=OTHER))],
)
def test_new_input_recomputes_only_its_recording(lake, table, row):
    run_step(Check(), lake)
    lake.append(table, frame(table, [{**row, "step_key": "newer"}]))
    assert plan(Check(), lake).todo["recording_id"].to_list() == [rec(OTHER)]


def test_a_changed_threshold_recomputes_everything(lake):
    run_step(Check(), lake)
    strict = Check(Thresholds(short_flag_s=100, short_reject_s=80))
    assert run_step(strict, lake).written == 2
    assert set(summary(lake).values()) == {"too_short"}


def test_copies_are_counted_in_the_order_of_ids():
    ids = ["rec_3", "rec_1", "rec_2", "rec_4"]
    found = find_copies(
        pl.DataFrame({"recording_id": ids, "pcm_sha256": ["x", "x", "x", "y"]})
    ).sort("recording_id")
    assert found["earlier_copies"].to_list() == [0, 1, 2, 0]
    assert found["first_copy"].to_list() == [None, "rec_1", "rec_1", None]
    keys = found["copies_key"].to_list()
    assert keys[0] == keys[1] == keys[2] != keys[3]

import pytest

from annotate.caption.options import CaptionOptions
from annotate.caption.step import Compose
from annotate.model.ids import caption_id
from annotate.model.tables import Captions, Narrations, Transcripts, Verdicts
from annotate.store.lake import content
from annotate.store.step import run_step
from tests.builders import a_narration, a_transcript, frame, img, lake_with, rec


def a_verdict(name="a", status="pass", check="is_loud", **over):
    reason = None if status == "pass" else "too_quiet"
    numbers = {"value": 1.0, "threshold": 2.0, "detail": "a test"}
    row = {"recording_id": rec(name), "check": check, "status": status, "reason": reason}
    return {**row, **numbers, **over}


@pytest.fixture
def lake(tmp_path):
    return lake_with(
        tmp_path,
        {
            Narrations: [
                a_narration("um, a red boat on a lake.", "a"),
                a_narration("Two birds.", "b"),
                a_narration("A house.", "c", image_id=img("c")),
                a_narration("A tree.", "unchecked", image_id=img("u")),
            ],
            Verdicts: [
                a_verdict("a"),
                a_verdict("b", "flag"),
                a_verdict("c"),
                a_verdict("c", "reject", check="is_looping"),
            ],
        },
    )


def captions(lake):
    return {row["image_id"]: row for row in content(lake, Captions)}


def test_each_narrated_image_gets_one_caption(lake):
    report = run_step(Compose(), lake)
    assert (report.rows_in, report.written, report.quarantined) == (3, 3, {})
    row = captions(lake)[img("a")]
    assert row["text"] == "A red boat on a lake. Two birds."
    assert row["recordings"] == [rec("a"), rec("b")]
    assert [entry["word"] for entry in row["lineage"]] == [1, 2, 3, 4, 5, 6, 0, 1]
    assert row["caption_id"] == caption_id(img("a"), row["step_key"])


@pytest.mark.parametrize("image", ["c", "u"])
def test_rejected_and_unchecked_recordings_are_not_used(lake, image):
    run_step(Compose(), lake)
    row = captions(lake)[img(image)]
    assert (row["text"], row["lineage"], row["recordings"]) == ("", [], [])


def test_running_again_changes_nothing(lake):
    run_step(Compose(), lake)
    before = content(lake, Captions)
    report = run_step(Compose(), lake)
    assert (report.written, report.reused) == (0, 3)
    assert content(lake, Captions) == before


@pytest.mark.parametrize(
    ("table", "row", "text"),
    [
        (Narrations, {**a_narration("A ship.", "a"), "step_key": "new"}, "A ship. Two birds."),
        (Verdicts, a_verdict("a", "reject", check="is_looping"), "Two birds."),
        (Verdicts, a_verdict("a", "reject"), "Two birds."),
        (Verdicts, a_verdict("b", "reject"), "A red boat on a lake."),
        (Verdicts, a_verdict("a", "flag"), "A red boat on a lake. Two birds."),
    ],
)
def test_just_the_captions_whose_narrations_or_verdicts_changed_are_redone(lake, table, row, text):
    run_step(Compose(), lake)
    lake.append(table, frame(table, [row]))
    assert run_step(Compose(), lake).written == 1
    assert captions(lake)[img("a")]["text"] == text


def test_a_narration_that_is_not_used_may_change_without_a_new_caption(lake):
    run_step(Compose(), lake)
    changed = a_narration("A barn.", "c", image_id=img("c"), step_key="new")
    lake.append(Narrations, frame(Narrations, [changed]))
    assert run_step(Compose(), lake).written == 0


def test_options_redo_every_caption(lake):
    run_step(Compose(), lake)
    report = run_step(Compose(CaptionOptions(min_probability=0.95)), lake)
    assert report.written == 3
    assert {row["text"] for row in captions(lake).values()} == {""}


def test_the_language_of_the_transcript_decides_which_rules_hold(lake):
    lake.append(Transcripts, frame(Transcripts, [a_transcript("um", name="a", language="pt")]))
    run_step(Compose(), lake)
    assert captions(lake)[img("a")]["text"].startswith("Um, a red boat")


def test_a_lake_without_narrations_gives_no_captions(tmp_path):
    assert run_step(Compose(), lake_with(tmp_path, {})).rows_in == 0

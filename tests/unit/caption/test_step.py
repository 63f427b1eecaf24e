import pytest

from annotate.caption.options import CaptionOptions
from annotate.caption.step import Compose
from annotate.execution.runner import run_step
from annotate.model.ids import caption_id
from annotate.model.tables import Captions, Consents, Narrations, Transcripts, Verdicts
from annotate.store.lake import content
from tests.builders import (
    a_consent,
    a_narration,
    a_transcript,
    a_verdict,
    frame,
    img,
    lake_with,
    rec,
)


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
            Consents: map(a_consent, ("a", "b", "c", "unchecked")),
            Verdicts: [
                a_verdict("a"),
                a_verdict("b", "flag"),
                a_verdict("c"),
                a_verdict("c", "reject", check="repeats_itself"),
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
        (Verdicts, a_verdict("a", "reject", check="repeats_itself"), "Two birds."),
        (Verdicts, a_verdict("a", "reject"), "Two birds."),
        (Verdicts, a_verdict("b", "reject"), "A red boat on a lake."),
        (Verdicts, a_verdict("a", "flag"), "A red boat on a lake. Two birds."),
        (Consents, a_consent("a", "withdrawn"), "Two birds."),
    ],
)
def test_only_captions_whose_narrations_or_verdicts_changed_are_recomputed(lake, table, row, text):
    run_step(Compose(), lake)
    lake.append(table, frame(table, [row]))
    assert run_step(Compose(), lake).written == 1
    assert captions(lake)[img("a")]["text"] == text


@pytest.mark.parametrize(
    ("table", "row"),
    [
        (Verdicts, a_verdict("a", "reject", check="is_haunted")),  # a check that was removed
        (Consents, a_consent("a", "internal")),  # the scope of a release is checked by the release
    ],
)
def test_rows_that_exclude_no_recording_change_no_caption(lake, table, row):
    run_step(Compose(), lake)
    lake.append(table, frame(table, [row]))
    assert run_step(Compose(), lake).written == 0


def test_a_recording_without_consent_is_not_used(tmp_path):
    lake = lake_with(tmp_path, {Narrations: [a_narration()], Verdicts: [a_verdict()]})
    run_step(Compose(), lake)
    assert captions(lake)[img("a")]["text"] == ""


def test_a_change_of_an_unused_narration_changes_no_caption(lake):
    run_step(Compose(), lake)
    changed = a_narration("A barn.", "c", image_id=img("c"), step_key="new")
    lake.append(Narrations, frame(Narrations, [changed]))
    assert run_step(Compose(), lake).written == 0


def test_an_image_whose_recordings_moved_to_another_gets_an_empty_caption(lake):
    run_step(Compose(), lake)
    moved = [
        a_narration("A red boat.", "a", image_id=img("d"), step_key="new"),
        a_narration("Two birds.", "b", image_id=img("d"), step_key="new"),
    ]
    lake.append(Narrations, frame(Narrations, moved))
    assert run_step(Compose(), lake).written == 2
    row = captions(lake)[img("a")]
    assert (row["text"], row["lineage"], row["recordings"]) == ("", [], [])
    assert captions(lake)[img("d")]["text"] == "A red boat. Two birds."
    assert run_step(Compose(), lake).written == 0


def test_changed_options_recompute_every_caption(lake):
    run_step(Compose(), lake)
    report = run_step(Compose(CaptionOptions(min_probability=0.95)), lake)
    assert report.written == 3
    assert {row["text"] for row in captions(lake).values()} == {""}


def test_the_language_of_the_transcript_selects_the_rules(lake):
    lake.append(Transcripts, frame(Transcripts, [a_transcript("um", name="a", language="pt")]))
    run_step(Compose(), lake)
    assert captions(lake)[img("a")]["text"].startswith("Um, a red boat")


def test_a_lake_without_narrations_gives_no_captions(tmp_path):
    assert run_step(Compose(), lake_with(tmp_path, {})).rows_in == 0

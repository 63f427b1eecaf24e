"""A Label Studio project as a source. The server is a stub; a real one is in tests/integration."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.caption.step import Compose
from annotate.execution.runner import run_step
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Places,
    Recordings,
    Submissions,
    Traces,
    Transcripts,
    Verdicts,
)
from annotate.store.pseudonyms import Pseudonyms
from annotate.store.standing import stated
from tests.builders import a_narration, a_transcript, a_verdict, frame, sha
from tests.sounds import as_wav, tone
from tests.unit.ingest.submitted import POINT, Setting
from tests.unit.label_studio.stub import SOURCE_PREFIX, handed_in


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def test_a_recording_is_ingested_with_its_image_and_trace(setting: Setting) -> None:
    number, recording = setting.record()
    report = setting.ingest()
    assert (report.rows_in, report.written, report.quarantined) == (1, 1, {})
    row = setting.lake.read(Recordings).row(0, named=True)
    assert row["recording_id"] == recording
    assert row["source"] == f"{SOURCE_PREFIX}/{setting.project}/{number}"
    assert row["annotator_id"] == Pseudonyms(setting.lake, "tests").of("ls-5")
    assert (row["client_ms"], row["duration_ms"], row["language"]) == (6_000, 2_000, "en")
    assert setting.scopes() == {recording: "public"}
    assert row["prompts"] == [{"question": "glance", "t_ms": 10}]
    image = setting.lake.read(Images).row(0, named=True)
    assert (image["sha256"], image["name"]) == (sha256_hex(setting.picture), "cat.jpg")
    assert setting.lake.read(Traces).row(0, named=True)["points"] == [POINT]


def test_a_second_run_fetches_nothing(setting: Setting) -> None:
    setting.record()
    setting.ingest()
    setting.stub.requests.clear()
    report = setting.ingest()
    assert (report.written, report.reused) == (0, 1)
    assert not setting.fetched()


def test_later_submissions_are_added(setting: Setting) -> None:
    setting.record(440)
    setting.ingest()
    for _ in range(30):  # far more than the overlap
        setting.new_task()
    setting.record(550)
    setting.stub.requests.clear()
    assert setting.ingest().written == 1
    assert len(setting.fetched()) == 2  # audio and trace; the image is identified by its hash
    assert len(setting.scopes()) == 2


def test_a_change_committed_late_is_found(setting: Setting) -> None:
    setting.record(440)
    setting.ingest()
    _, recording = setting.record(550, setting.new_task())
    task = setting.stub.tasks[max(setting.stub.tasks)]
    newest = setting.lake.read(Places)["seen_until"][0]
    late = newest.replace(minute=newest.minute - 1).isoformat()
    task["updated_at"] = task["annotations"][0]["updated_at"] = late
    setting.ingest()
    assert recording in setting.scopes()


@pytest.mark.parametrize("how", ["cancelled", "deleted", "task"])
def test_a_removed_submission_is_withdrawn(setting: Setting, how: str) -> None:
    number, recording = setting.record(440)
    _, other = setting.record(550, setting.new_task())
    setting.ingest()
    if how == "cancelled":
        setting.stub.change(number, was_cancelled=True)
    elif how == "deleted":
        setting.stub.delete(number)
    else:
        del setting.stub.tasks[setting.task]
    setting.ingest()
    assert setting.scopes() == {recording: "withdrawn", other: "public"}
    assert setting.ingest().written == 0


def test_a_caption_is_recomputed_without_a_removed_recording(setting: Setting) -> None:
    number, recording = setting.record(440)
    _, other = setting.record(550, setting.new_task())
    setting.ingest()
    image = setting.lake.read(Images)["image_id"][0]
    for one, text in ((recording, "a red boat."), (other, "two green trees.")):
        over = {"recording_id": one, "image_id": image}
        rows: dict[Any, dict[str, Any]] = {
            Narrations: a_narration(text, **over),
            Transcripts: a_transcript(text, recording_id=one),
            Verdicts: a_verdict(recording_id=one),
        }
        for table, row in rows.items():
            assert setting.lake.append(table, frame(table, [row])).is_empty()
    run_step(Compose(), setting.lake)
    assert set(setting.lake.read(Captions)["recordings"][0]) == {recording, other}
    setting.stub.delete(number)
    setting.ingest()
    run_step(Compose(), setting.lake)
    assert setting.lake.read(Captions)["recordings"].to_list() == [[other]]


def test_a_resubmitted_recording_is_used_again(setting: Setting) -> None:
    number, recording = setting.record()
    setting.ingest()
    setting.stub.change(number, was_cancelled=True)
    setting.ingest()
    setting.stub.change(number, was_cancelled=False)
    setting.ingest()
    assert setting.scopes() == {recording: "public"}


def test_a_new_recording_replaces_the_old(setting: Setting) -> None:
    number, old = setting.record(440)
    setting.ingest()
    reference, new = setting.upload(550)
    setting.stub.change(number, result=handed_in(reference))
    assert setting.ingest().written == 1
    assert setting.scopes() == {old: "withdrawn", new: "public"}


def test_a_replaced_recording_is_withdrawn_also_if_its_copy_is(setting: Setting) -> None:
    """Otherwise it would be used again as soon as the copy is."""
    number, old = setting.record(440)
    other, copy = setting.record(550, task=setting.new_task())
    setting.ingest()
    rows = setting.lake.read(Recordings)
    setting.lake.add(Recordings, rows.with_columns(pcm_sha256=pl.lit(sha("same"))))
    setting.stub.change(other, was_cancelled=True)
    setting.ingest()
    assert setting.scopes() == {old: "withdrawn", copy: "withdrawn"}
    reference, new = setting.upload(660)
    setting.stub.change(number, result=handed_in(reference))
    setting.ingest()
    own = dict(stated(setting.lake).collect().iter_rows())
    assert own == {old: "withdrawn", copy: "withdrawn", new: "public"}


def test_changed_metadata_gives_a_newer_row(setting: Setting) -> None:
    number, recording = setting.record()
    setting.ingest()
    reference, _ = setting.upload(440, language="ar")
    setting.stub.change(number, result=handed_in(reference))
    setting.ingest()
    row = setting.lake.read(Recordings).row(0, named=True)
    assert (row["recording_id"], row["language"]) == (recording, "ar")


def test_audio_with_another_hash_is_rejected(setting: Setting) -> None:
    setting.record()
    (path,) = (one for one in setting.stub.files if one.count("/") == 3 and "recordings" in one)
    setting.stub.files[path] = as_wav(tone(2.0, hertz=550))
    assert setting.ingest().quarantined == {"hash_mismatch": 1}
    assert setting.lake.read(Recordings).is_empty()


def test_an_image_with_another_hash_is_rejected(setting: Setting) -> None:
    setting.stub.files["/data/a.jpg"] += b" "
    setting.record()
    assert setting.ingest().quarantined == {"hash_mismatch": 1}


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("https://elsewhere.example.org/a.jpg", "other_host"),
        ("s3://bucket/a.jpg", "other_host"),
        ("/data/gone.jpg", "unknown_image"),
    ],
)
def test_an_image_that_cannot_be_fetched_is_rejected(
    setting: Setting, image: str, reason: str
) -> None:
    setting.record(task=setting.new_task(image=image, image_sha256=None))
    assert setting.ingest().quarantined == {reason: 1}


@pytest.mark.parametrize(("ending", "reason"), [("", "missing_audio"), ("/trace", "missing_trace")])
def test_a_missing_recording_or_trace_is_rejected(
    setting: Setting, ending: str, reason: str
) -> None:
    reference, _ = setting.upload(440)
    del setting.stub.files[f"/annotate/recordings/{reference['recording']}{ending}"]
    setting.stub.annotate(setting.task, handed_in(reference))
    assert setting.ingest().quarantined == {reason: 1}


def test_an_invalid_submission_is_rejected_and_others_are_ingested(setting: Setting) -> None:
    broken = setting.stub.annotate(setting.task, handed_in("not JSON"))
    setting.record(task=setting.new_task())
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"invalid_row": 1})
    name = f"{SOURCE_PREFIX}/{setting.project}/{broken}"
    assert setting.rejected() == {name: "invalid_row"}
    reference, _ = setting.upload(550)
    setting.stub.change(broken, result=handed_in(reference))
    assert setting.ingest().written == 1
    assert setting.rejected() == {}


def test_a_deleted_invalid_submission_leaves_the_quarantine(setting: Setting) -> None:
    broken = setting.stub.annotate(setting.task, handed_in("not JSON"))
    setting.ingest()
    setting.stub.delete(broken)
    assert setting.ingest().quarantined == {}
    assert setting.rejected() == {}


def test_the_same_recording_submitted_twice_counts_once(setting: Setting) -> None:
    setting.record(440)
    setting.record(440)
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"duplicate_audio": 1})


def test_a_server_error_loses_and_rejects_nothing(setting: Setting) -> None:
    _, recording = setting.record(440)
    _, other = setting.record(550, setting.new_task())
    path = next(one for one in setting.stub.files if one.endswith("/trace"))
    setting.stub.broken_paths.add(path)
    with pytest.raises(AnnotateError, match="HTTP 503"):
        setting.ingest()
    setting.stub.broken_paths.clear()
    setting.ingest()
    assert setting.scopes().keys() == {recording, other}
    assert setting.rejected() == {}


def test_an_interrupted_listing_is_repeated(setting: Setting) -> None:
    setting.record()
    setting.stub.broken_paths.add("/api/tasks/")
    with pytest.raises(AnnotateError):
        setting.ingest()
    assert setting.lake.read(Places).is_empty()
    setting.stub.broken_paths.clear()
    assert setting.ingest().written == 1


def test_projects_are_independent(setting: Setting) -> None:
    setting.record(440)
    setting.ingest()
    title = setting.stub.projects.pop(setting.project)
    setting.project = setting.stub.project(title)
    setting.task = setting.new_task()
    setting.record(550)
    setting.ingest()
    assert set(setting.scopes().values()) == {"public"}
    assert setting.lake.read(Submissions)["place"].n_unique() == 2

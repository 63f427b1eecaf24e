"""Pushing captions to a stub of Label Studio. A real one: tests/integration."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from annotate.execution.runner import run_step
from annotate.label_studio.review_task import MODEL_VERSION, caption_result
from annotate.media.audio import decode
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.tables import (
    Captions,
    Images,
    Recordings,
)
from annotate.review.push import CHUNK
from annotate.review.step import AutoReview
from tests.builders import (
    an_image,
    img,
    rec,
    sha,
)
from tests.unit.label_studio.stub import decided
from tests.unit.review.exchange import TEXT, Setting, a_caption, cap


def results(task: dict[str, Any], control: str) -> list[dict[str, Any]]:
    (prediction,) = task["predictions"]
    return [one for one in prediction["result"] if one["from_name"] == control]


def test_a_caption_becomes_a_task_with_image_audio_and_narration(setting: Setting) -> None:
    report = setting.push()
    assert (report.undecided, report.there, report.pushed, report.refused) == (1, 0, 1, {})
    (task,) = setting.pushed()
    data = task["data"]
    assert (data["caption_id"], data["image_id"]) == (cap(1), img("i1"))
    assert setting.stub.files[data["image"]] == b"picture"
    assert abs(decode(setting.stub.files[data["audio"]]).duration_ms - 4_000) < 50
    assert [
        (one["author"], one["text"], one["start"], one["end"]) for one in data["narration"]
    ] == [
        ("ann-01", "a cat", 0.0, 0.6),
        ("ann-01", "on a sofa", 0.6, 1.5),
    ]
    assert data["verdicts"] == "flag, noisy: 3 dB \u2039script\u203a"
    (caption,) = results(task, "caption")
    assert caption["value"]["text"] == [TEXT]


def test_a_second_push_adds_and_uploads_nothing(setting: Setting) -> None:
    setting.push()
    files = len(setting.stub.files)
    report = setting.push()
    assert (report.there, report.pushed) == (1, 0)
    assert (len(setting.pushed()), len(setting.stub.files)) == (1, files)


def test_tasks_pushed_by_another_process_at_the_same_time_are_not_duplicated(
    tmp_path: Path,
) -> None:
    setting = Setting(tmp_path, captions=3)
    respond, doubled = setting.stub.respond, []

    def import_twice(request: httpx.Request) -> httpx.Response:
        """Once, before the import is sent, another process imports the same tasks."""
        if request.url.path.endswith("/import") and not doubled:
            doubled.append(request)
            respond(request)
        return respond(request)

    setting.stub.respond = import_twice  # type: ignore[method-assign]
    setting.push()
    tasks = setting.pushed()
    assert sorted(task["data"]["caption_id"] for task in tasks) == [cap(1), cap(2), cap(3)]
    assert [task["id"] for task in tasks] == sorted(task["id"] for task in tasks)[:3]


def test_an_interrupted_push_resumes(tmp_path: Path) -> None:
    setting = Setting(tmp_path, captions=CHUNK + 3)
    reported: list[tuple[int, int]] = []

    def interrupt(done: int, total: int) -> None:
        reported.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setting.push(progress=interrupt)
    assert reported == [(CHUNK, CHUNK + 3)]
    report = setting.push()
    assert (report.there, report.pushed) == (CHUNK, 3)
    keys = [task["data"]["caption_id"] for task in setting.pushed()]
    assert sorted(keys) == [cap(number) for number in range(1, CHUNK + 4)]


def test_several_recordings_are_concatenated_with_their_times(setting: Setting) -> None:
    setting.add(Captions, a_caption(recordings=[rec("b"), rec("a")]))
    setting.push()
    data = setting.pushed()[0]["data"]
    assert abs(decode(setting.stub.files[data["audio"]]).duration_ms - 7_700) < 60
    assert [(one["text"], one["start"]) for one in data["narration"]] == [
        ("a dog", 0.0),
        ("a cat", 3.72),
        ("on a sofa", 4.32),
    ]  # fmt: skip (20 ms later, because whole packets are copied)
    assert data["verdicts"].startswith("ann-01: flag, noisy")


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"recordings": [rec("unknown")]}, "missing_audio"),
        ({"recordings": []}, "missing_audio"),
        ({"image_id": img("unknown")}, "unknown_image"),
    ],
)
def test_a_caption_without_media_is_rejected_and_others_are_pushed(
    setting: Setting, over: dict[str, Any], reason: str
) -> None:
    (image,) = setting.lake.read(Images).to_dicts()
    setting.add(Images, an_image("i2", blob=image["blob"]))
    setting.add(Captions, a_caption(2, **over))
    report = setting.push()
    assert (report.pushed, report.refused) == (1, {reason: 1})
    rejected = setting.lake.quarantined()
    assert rejected.select("step", "item", "reason").rows() == [("push", cap(2), reason)]
    setting.push()
    assert setting.lake.quarantined().height == 1


def test_a_caption_with_unsupported_words_is_not_pushed(setting: Setting) -> None:
    setting.add(Captions, a_caption(1, TEXT.replace("cat", "dog"), caption_id=cap(9)))
    report = setting.push()
    assert (report.pushed, report.refused) == (0, {"unsupported_words": 1})
    assert setting.stub.files == {}
    (rejected,) = setting.lake.quarantined().to_dicts()
    assert rejected["item"] == cap(9)
    assert rejected["detail"].startswith("'dog': its lineage points at another word")
    setting.add(Captions, a_caption(1, caption_id=cap(9), step_key="corrected"))
    assert setting.push().pushed == 1
    assert setting.lake.quarantined().is_empty()


def test_a_composed_caption_with_edited_words_without_a_source_is_rejected(
    setting: Setting,
) -> None:
    row = a_caption(1, TEXT.replace("cat", "dog"), caption_id=cap(9))
    row["lineage"][1] |= {
        "kind": "edited",
        **dict.fromkeys(("recording_id", "word", "start_ms", "end_ms")),
    }
    setting.add(Captions, row)
    assert setting.push().refused == {"unsupported_words": 1}


def test_a_caption_whose_audio_is_lost_is_rejected_until_it_is_restored(setting: Setting) -> None:
    blob = setting.lake.read(Recordings).filter(recording_id=rec("a"))["blob"][0]
    data = setting.lake.blobs.get(blob)
    setting.lake.blobs.remove(blob)
    assert setting.push().refused == {"missing_audio": 1}
    setting.lake.blobs.put("audio", data, "webm")
    assert setting.push().pushed == 1
    assert setting.lake.quarantined().is_empty()


def test_only_captions_without_a_decision_are_pushed(setting: Setting) -> None:
    run_step(AutoReview(), setting.lake)
    setting.add(Captions, a_caption(2, ""))
    assert setting.push().pushed == 1
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.collect()
    assert setting.push().undecided == 0


def test_a_task_of_an_older_caption_is_counted(setting: Setting) -> None:
    setting.push()
    setting.add(Captions, a_caption(1, caption_id=cap(9)))
    report = setting.push()
    assert (report.pushed, report.outdated) == (1, 1)


def test_reviewers_get_only_the_pseudonym_of_an_annotator(setting: Setting) -> None:
    setting.push()
    sent = str(setting.pushed()[0])
    assert "test/recordings" not in sent
    assert sha("a") not in sent
    assert "blobs/" not in sent


OLD = "0123456789abcdef"


def pushed_by_an_older_version(setting: Setting) -> dict[str, Any]:
    """A task as older versions pushed it: public files, and its own version of predictions."""
    setting.push()
    (task,) = setting.pushed()
    for key in ("image", "audio"):
        name = f"/data/upload/1/{key}"
        setting.stub.files[name] = setting.stub.files.pop(task["data"][key])
        task["data"][key] = name
    task["predictions"][0]["model_version"] = OLD
    setting.stub.versions[setting.project] = {"model_version": OLD}
    return task


def test_all_predictions_have_the_version_that_the_project_shows(tmp_path: Path) -> None:
    setting = Setting(tmp_path, captions=3)
    setting.push()
    setting.add(Captions, a_caption(1, "A new text.", caption_id=cap(9), step_key="other"))
    setting.push()
    versions = {one["model_version"] for task in setting.pushed() for one in task["predictions"]}
    assert versions == {MODEL_VERSION}
    assert setting.stub.versions[setting.project] == {
        "model_version": MODEL_VERSION,
        "show_collab_predictions": True,
    }


def test_hidden_predictions_of_a_project_are_shown_again(setting: Setting) -> None:
    setting.push()
    setting.stub.versions[setting.project] = {
        "model_version": "",
        "show_collab_predictions": False,
    }
    setting.push()
    assert setting.stub.versions[setting.project]["model_version"] == MODEL_VERSION
    assert setting.stub.versions[setting.project]["show_collab_predictions"]


def test_tasks_of_older_versions_are_updated(setting: Setting) -> None:
    task = pushed_by_an_older_version(setting)
    report = setting.push()
    assert (report.pushed, report.there, report.renewed) == (0, 1, 1)
    assert len(task["predictions"]) == 2
    newest = task["predictions"][-1]
    assert newest["model_version"] == MODEL_VERSION
    assert newest["result"][-1]["value"]["text"] == [TEXT]
    assert setting.stub.versions[setting.project]["model_version"] == MODEL_VERSION
    for key in ("image", "audio"):
        assert task["data"][key].startswith("/annotate/media/")
    count = len(task["predictions"])
    assert setting.push().renewed == 0
    assert len(task["predictions"]) == count


def test_an_old_task_of_an_unknown_caption_gets_a_prediction(setting: Setting) -> None:
    task = pushed_by_an_older_version(setting)
    task["data"]["caption_id"] = cap(77)  # not in the lake
    assert setting.push().renewed == 0
    newest = task["predictions"][-1]
    assert (newest["model_version"], newest["result"][-1]["value"]["text"]) == (
        MODEL_VERSION,
        [TEXT],
    )
    task["predictions"].clear()
    setting.push()
    assert task["predictions"][0]["result"] == [caption_result(TEXT)]


def test_old_tasks_with_a_decision_are_not_updated(setting: Setting) -> None:
    task = pushed_by_an_older_version(setting)
    setting.stub.annotate(task["id"], decided("accept", TEXT))
    setting.collect()
    assert setting.push().renewed == 0
    assert task["data"]["audio"].startswith("/data/upload/")


def test_files_are_stored_only_by_the_recorder(setting: Setting) -> None:
    setting.push()
    data = setting.pushed()[0]["data"]
    names = {key: data[key].rpartition("/")[2].partition(".")[0] for key in ("image", "audio")}
    for key, sha256 in names.items():
        assert sha256_hex(setting.stub.files[data[key]]) == sha256
    assert not any(name.startswith("/data/upload/") for name in setting.stub.files)


def test_an_old_recorder_is_an_error(setting: Setting) -> None:
    setting.stub.reviewers = None
    with pytest.raises(AnnotateError, match="give the server this version of annotate-aloud"):
        setting.push()
    assert setting.pushed() == []

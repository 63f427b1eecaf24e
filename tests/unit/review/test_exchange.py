"""Captions to a stub of a Label Studio and decisions back. A real one is in tests/integration."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.ingest.withdraw import WITHDRAWN
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.model.report import StepReport
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Transcripts,
    Verdicts,
)
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.review.collect import collect
from annotate.review.push import CHUNK, PushReport, push
from annotate.review.step import AutoReview
from annotate.store.audio import decode
from annotate.store.step import run_step
from tests.builders import (
    a_narration,
    a_recording,
    a_transcript,
    an_image,
    frame,
    img,
    lake_with,
    narrated,
    rec,
    words,
)
from tests.sounds import as_wav, encoded, tone
from tests.unit.label_studio.stub import PLACE, StubStudio, decided

TEXT = "A cat sits on a <b>sofa</b>."
PHRASE = {
    **{"first_word": 0, "end_word": 2, "text": "a cat", "start_ms": 0, "end_ms": 600},
    **{"x_frac": 0.25, "y_frac": 0.5, "box": None, "tie": "trace", "confidence": 0.9},
}
FLAG = {
    **{"recording_id": rec("a"), "check": "is_noisy", "status": "flag", "value": 3.0},
    **{"threshold": 6.0, "reason": "noisy", "detail": "3 dB <script>"},
}


def cap(number: int) -> str:
    return f"cap_{number:016x}"


def lineage_of(text: str, recording: str) -> list[dict[str, Any]]:
    found, start_char = [], 0
    for index, word in enumerate(text.split()):
        end_char = start_char + len(word)
        found.append(
            {
                "start_char": start_char,
                "end_char": end_char,
                "kind": "spoken",
                "recording_id": recording,
                "word": index,
                "start_ms": index * 300,
                "end_ms": index * 300 + 300,
                "x_frac": None,
                "y_frac": None,
            }
        )
        start_char = end_char + 1
    return found


def a_caption(number: int = 1, text: str = TEXT, **over: Any) -> dict[str, Any]:
    row = {"image_id": img(f"i{number}"), "caption_id": cap(number), "text": text}
    return {**row, "lineage": lineage_of(text, rec("a")), "recordings": [rec("a")], **over}


class Setting:
    """A lake with captions of two recordings and a review project."""

    def __init__(self, root: Path, captions: int = 1):
        self.lake = lake_with(root / "lake", {Captions: map(a_caption, range(1, captions + 1))})
        sounds = {
            "a": (encoded(tone(4.0), "webm", "libopus"), "webm"),
            "b": (as_wav(tone(3.0)), "wav"),
        }
        blobs = {name: self.lake.blobs.put("audio", *sound) for name, sound in sounds.items()}
        picture = self.lake.blobs.put("images", b"picture", "jpg")
        unsure = words("on a sofa", start_ms=600, probability=0.6, segment=1)
        transcript = a_transcript("a cat", words=[*words("a cat"), *unsure])
        transcript["segments"] *= 2
        transcript["segments"][0] |= {"text": " a cat", "end_ms": 600}
        transcript["segments"][1] = {
            **transcript["segments"][1], "text": " on a sofa", "start_ms": 600, "end_ms": 1500,
        }  # fmt: skip
        self.add(Images, *(an_image(f"i{n}", blob=picture) for n in range(1, captions + 1)))
        self.add(Recordings, *(a_recording(name, blob=blob) for name, blob in blobs.items()))
        self.add(Transcripts, transcript, a_transcript("a dog", "b"))
        narration = a_narration("a cat on a sofa", phrases=[PHRASE])
        self.add(Narrations, narration, a_narration("a dog", "b", words=narrated("a dog")))
        self.add(Verdicts, FLAG, {**FLAG, "check": "is_silent", "status": "pass", "reason": None})
        self.stub = StubStudio()
        self.project = self.stub.project("annotate: review")

    def add(self, table: Any, *rows: dict[str, Any]) -> None:
        assert self.lake.append(table, frame(table, rows)).is_empty()

    def push(self, **more: Any) -> PushReport:
        with self.stub.client() as client:
            return push(self.lake, client, self.project, **more)

    def collect(self) -> StepReport:
        with self.stub.client() as client:
            return collect(self.lake, client, self.project)

    def pushed(self) -> list[dict[str, Any]]:
        return self.stub.of(self.project)

    def review(self) -> dict[str, Any]:
        (row,) = self.lake.read(Reviews).to_dicts()
        return row

    def released(self) -> int:
        return select(self.lake, ReleaseOptions()).images.height


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def results(task: dict[str, Any], control: str) -> list[dict[str, Any]]:
    (prediction,) = task["predictions"]
    return [one for one in prediction["result"] if one["from_name"] == control]


def test_a_caption_becomes_a_task_with_everything_a_reviewer_wants(setting: Setting) -> None:
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
    labels, said = results(task, "segment"), results(task, "words")
    assert [one["value"]["labels"] for one in labels] == [["sure"], ["unsure"]]
    assert [one["value"]["text"] for one in said] == [["a cat"], ["on a sofa"]]
    assert [one["id"] for one in labels] == [one["id"] for one in said]
    (point,) = results(task, "point")
    assert (point["value"]["x"], point["value"]["y"]) == (25.0, 50.0)
    assert (point["original_width"], point["original_height"]) == (640, 480)


def test_a_second_push_adds_and_uploads_nothing(setting: Setting) -> None:
    setting.push()
    files = len(setting.stub.files)
    report = setting.push()
    assert (report.there, report.pushed) == (1, 0)
    assert (len(setting.pushed()), len(setting.stub.files)) == (1, files)


def test_a_push_that_is_cut_off_goes_on_from_there(tmp_path: Path) -> None:
    setting = Setting(tmp_path, captions=CHUNK + 3)
    told: list[tuple[int, int]] = []

    def cut(done: int, total: int) -> None:
        told.append((done, total))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setting.push(progress=cut)
    assert told == [(CHUNK, CHUNK + 3)]
    report = setting.push()
    assert (report.there, report.pushed) == (CHUNK, 3)
    keys = [task["data"]["caption_id"] for task in setting.pushed()]
    assert sorted(keys) == [cap(number) for number in range(1, CHUNK + 4)]


def test_of_several_recordings_all_are_heard_each_on_its_own_time(setting: Setting) -> None:
    setting.add(Captions, a_caption(recordings=[rec("b"), rec("a")]))
    setting.push()
    data = setting.pushed()[0]["data"]
    assert abs(decode(setting.stub.files[data["audio"]]).duration_ms - 7_700) < 60
    assert [(one["text"], one["start"]) for one in data["narration"]] == [
        ("a dog", 0.0), ("a cat", 3.7), ("on a sofa", 4.3),
    ]  # fmt: skip
    assert data["verdicts"].startswith("ann-01: flag, noisy")


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"recordings": [rec("unknown")]}, "missing_audio"),
        ({"recordings": []}, "missing_audio"),
        ({"image_id": img("unknown")}, "unknown_image"),
    ],
)
def test_a_caption_that_cannot_be_shown_is_refused_and_holds_up_no_other(
    setting: Setting, over: dict[str, Any], reason: str
) -> None:
    (image,) = setting.lake.read(Images).to_dicts()
    setting.add(Images, an_image("i2", blob=image["blob"]))
    setting.add(Captions, a_caption(2, **over))
    report = setting.push()
    assert (report.pushed, report.refused) == (1, {reason: 1})
    refused = setting.lake.quarantined()
    assert refused.select("step", "item", "reason").rows() == [("push", cap(2), reason)]
    setting.push()
    assert setting.lake.quarantined().height == 1


def test_a_recording_whose_file_is_lost_is_refused_until_it_is_back(setting: Setting) -> None:
    blob = setting.lake.read(Recordings).filter(recording_id=rec("a"))["blob"][0]
    data = setting.lake.blobs.get(blob)
    setting.lake.blobs.remove(blob)
    assert setting.push().refused == {"missing_audio": 1}
    setting.lake.blobs.put("audio", data, "webm")
    assert setting.push().pushed == 1
    assert setting.lake.quarantined().is_empty()


def test_only_what_no_person_has_decided_on_is_pushed(setting: Setting) -> None:
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


def test_accepting_keeps_text_and_lineage(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), lead_time=31.5)
    assert setting.collect().written == 1
    row = setting.review()
    for column in ("step_key", "written_at"):
        row.pop(column)
    assert row == {
        **{"caption_id": cap(1), "image_id": img("i1"), "decision": "accept"},
        **{"reviewer": "ls-5", "automatic": False, "seconds": 31.5, "reasons": []},
        **{"text": TEXT, "lineage": lineage_of(TEXT, rec("a"))},
    }
    assert setting.released() == 1


def test_collecting_again_writes_nothing(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.collect()
    report = setting.collect()
    assert (report.rows_in, report.written, report.reused) == (1, 0, 1)
    assert setting.lake.scan(Reviews).collect().height == 1


@pytest.mark.parametrize("decision", ["fix", "accept"])
def test_a_changed_text_is_a_fix_whatever_was_pressed(setting: Setting, decision: str) -> None:
    setting.push()
    edited = "A black cat sits on a <b>sofa</b>"
    setting.stub.annotate(setting.pushed()[0]["id"], decided(decision, edited))
    setting.collect()
    row = setting.review()
    assert (row["decision"], row["text"]) == ("fix", edited)
    kinds = [one["kind"] for one in row["lineage"]]
    assert kinds == ["spoken", "edited", *["spoken"] * 5]
    assert setting.released() == 1


def test_a_rejected_caption_never_reaches_a_release(setting: Setting) -> None:
    run_step(AutoReview(), setting.lake)
    assert setting.released() == 1
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("reject", "rubbish", "wrong"))
    setting.collect()
    row = setting.review()
    assert (row["decision"], row["reasons"], row["text"]) == ("reject", ["wrong"], TEXT)
    assert setting.released() == 0
    run_step(AutoReview(), setting.lake)
    assert setting.released() == 0


def test_a_recording_taken_back_never_reaches_a_release(setting: Setting) -> None:
    run_step(AutoReview(), setting.lake)
    (row,) = setting.lake.read(Recordings).filter(recording_id=rec("a")).to_dicts()
    row["consent"]["scope"] = WITHDRAWN
    setting.add(Recordings, {key: row[key] for key in row if key != "written_at"})
    selection = select(setting.lake, ReleaseOptions())
    assert (selection.images.height, selection.left_out) == (0, {"no_consent": 1})


def test_the_later_of_two_reviewers_holds_in_whatever_order_they_are_seen(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]
    first = setting.stub.annotate(task["id"], decided("reject", None, "wrong"), user=6)
    second = setting.stub.annotate(task["id"], decided("accept", TEXT), user=7)
    task["annotations"].reverse()
    hidden = [one for one in task["annotations"] if one["id"] == first]
    task["annotations"] = [one for one in task["annotations"] if one["id"] == second]
    setting.collect()
    assert setting.review()["reviewer"] == "ls-7"
    task["annotations"] += hidden  # stored late
    setting.collect()
    assert setting.review()["reviewer"] == "ls-7"
    assert set(setting.lake.scan(Reviews).collect()["reviewer"]) == {"ls-6", "ls-7"}
    setting.stub.change(first, lead_time=99.0)
    setting.collect()
    assert setting.review()["reviewer"] == "ls-6"


def test_a_decision_that_is_changed_gives_a_newer_row(setting: Setting) -> None:
    setting.push()
    number = setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.collect()
    setting.stub.change(number, result=decided("reject", TEXT, "offensive"))
    assert setting.collect().written == 1
    assert setting.review()["decision"] == "reject"
    assert setting.lake.scan(Reviews).collect().height == 2


def test_when_one_of_two_takes_a_decision_back_the_others_holds_again(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("accept", TEXT), user=6)
    later = setting.stub.annotate(task, decided("reject", TEXT, "wrong"), user=7)
    setting.collect()
    setting.stub.delete(later)
    setting.collect()
    assert setting.review()["reviewer"] == "ls-6"


def test_a_decision_that_cannot_be_used_is_refused_and_mended_by_a_better_one(
    setting: Setting,
) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    number = setting.stub.annotate(task, decided("fix", " "))
    stranger = setting.stub.task(setting.project, {"caption_id": cap(77)})
    setting.stub.annotate(stranger, decided("accept", TEXT))
    assert setting.collect().quarantined == {"empty_text": 1, "unknown_caption": 1}
    name = f"{PLACE}/{setting.project}/{number}"
    assert name in set(setting.lake.quarantined()["item"])
    setting.stub.change(number, result=decided("fix", "A cat."))
    assert setting.collect().written == 1
    assert name not in set(setting.lake.quarantined()["item"])


def test_a_server_that_fails_loses_no_decision(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.stub.broken.add("/api/tasks/")
    with pytest.raises(AnnotateError):
        setting.collect()
    setting.stub.broken.clear()
    assert setting.collect().written == 1


def test_nothing_of_a_recording_but_its_pseudonym_goes_to_reviewers(setting: Setting) -> None:
    setting.push()
    sent = str(setting.pushed()[0])
    assert "test/recordings" not in sent
    assert sha256_hex(b"picture") not in sent
    assert "blobs/" not in sent


def test_a_reviewers_text_holds_for_the_caption_that_was_shown(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.add(Captions, a_caption(1, "Another text.", caption_id=cap(9)))
    setting.stub.annotate(task, decided("accept", TEXT))
    setting.collect()
    assert (setting.review()["caption_id"], setting.review()["decision"]) == (cap(1), "accept")
    assert setting.released() == 0
    assert setting.lake.read(Reviews).filter(pl.col("caption_id") == cap(9)).is_empty()

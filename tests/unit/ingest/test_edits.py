"""Corrections of words that the server showed, and their table."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from annotate.model.tables import Edits, Recordings, Submissions
from tests.builders import sha
from tests.unit.ingest.submitted import Setting
from tests.unit.label_studio.stub import SOURCE_PREFIX, handed_in

SHOWN_WORDS = ("a", "read", "boat.")


def words_record() -> dict[str, Any]:
    """The server's record of the words shown to an annotator."""
    model = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}
    words = [
        {
            **{"text": text, "start_ms": 300 * at, "end_ms": 300 * at + 250},
            **{"probability": 0.5, "space_before": True},
        }
        for at, text in enumerate(SHOWN_WORDS)
    ]
    return {"version": 1, "language": "en", **model, "words": words}


def edit(*changes: tuple[int, str], **over: Any) -> dict[str, Any]:
    written = [{"word": word, "text": text} for word, text in changes]
    return {"version": 1, "changes": written, **over}


class ShownWords(Setting):
    """A recording whose words were shown."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.reference, self.recording = self.upload(440)
        self.stub.shown_words[self.reference["recording"]] = words_record()
        self.annotation = 0

    def submit(self, corrected: Any, **over: Any) -> None:
        """Submit with this edit, or replace the edit of the submission."""
        result = handed_in({**self.reference, **({} if corrected is None else {"edit": corrected})})
        if self.annotation:
            self.stub.change(self.annotation, result=result, **over)
        else:
            self.annotation = self.stub.annotate(self.task, result, **over)

    @property
    def edits(self) -> list[dict[str, Any]]:
        return self.lake.read(Edits).to_dicts()


@pytest.fixture
def setting(tmp_path: Path) -> ShownWords:
    return ShownWords(tmp_path)


def test_an_edit_is_stored_with_the_words_that_were_shown(setting: ShownWords) -> None:
    setting.submit(edit((1, "red"), (2, "")), updated_by=5)
    assert setting.ingest().written == 1
    (row,) = setting.edits
    assert row["changes"] == [
        {"word": 1, "start_ms": 300, "end_ms": 550, "recognized": "read", "text": "red"},
        {"word": 2, "start_ms": 600, "end_ms": 850, "recognized": "boat.", "text": ""},
    ]
    (task,) = setting.stub.tasks_of(setting.project)
    moment = datetime.fromisoformat(task["annotations"][0]["updated_at"])
    assert {**row, "changes": None, "written_at": None, "commit_version": None} == {
        **{"recording_id": setting.recording, "edited_at": moment},
        **{"source": f"{SOURCE_PREFIX}/{setting.project}/{setting.annotation}"},
        "annotator_id": setting.lake.read(Recordings)["annotator_id"].item(),
        **{"engine": "annotate", "model": "demo", "model_sha256": sha("model")},
        **{"step_key": row["step_key"], "changes": None, "written_at": None},
        "commit_version": None,
    }


def test_a_second_run_changes_nothing_and_a_larger_edit_replaces_the_first(
    setting: ShownWords,
) -> None:
    setting.submit(edit((1, "red")))
    setting.ingest()
    assert setting.ingest().written == 0
    setting.submit(edit((1, "red"), (2, "ship.")))
    assert setting.ingest().written == 1
    (row,) = setting.edits
    assert [change["text"] for change in row["changes"]] == ["red", "ship."]


@pytest.mark.parametrize("no_edit", [None, edit(), edit((1, "read"))])
def test_a_removed_edit_has_no_changes(setting: ShownWords, no_edit: Any) -> None:
    setting.submit(edit((1, "red")))
    setting.ingest()
    setting.submit(no_edit)
    assert setting.ingest().written == 1
    (row,) = setting.edits
    assert row["changes"] == []


@pytest.mark.parametrize("no_edit", [None, edit(), edit((1, "read"))])
def test_without_a_correction_there_is_no_row(setting: ShownWords, no_edit: Any) -> None:
    setting.submit(no_edit)
    assert setting.ingest().written == 1
    assert setting.edits == []
    assert setting.lake.read(Submissions)["edit"].to_list() == [None]


def test_only_the_annotator_can_edit_their_words(setting: ShownWords) -> None:
    setting.submit(edit((1, "red")), updated_by=9)
    assert setting.ingest().quarantined == {"foreign_edit": 1}
    assert setting.edits == []
    setting.submit(edit((1, "red")), updated_by=5)
    assert setting.ingest().written == 1
    setting.submit(edit((1, "rude")), updated_by=9)
    assert setting.ingest().quarantined == {"foreign_edit": 1}
    assert setting.edits[0]["changes"][0]["text"] == "red"


def test_words_that_were_not_shown_cannot_be_corrected(setting: ShownWords) -> None:
    setting.submit(edit((3, "red")))
    assert setting.ingest().quarantined == {"claim_mismatch": 1}
    setting.stub.shown_words.clear()
    setting.submit(edit((1, "red")))
    assert setting.ingest().quarantined == {"claim_mismatch": 1}
    setting.submit(None)
    assert setting.ingest().written == 1


@pytest.mark.parametrize(
    "bad",
    [
        *(7, [], {}, edit(version=2), edit(more=1), edit((1, "a\nb")), edit((1, "x" * 101))),
        *(edit((1, "\u202ered")), edit((1, "a"), (1, "b")), edit((2, "a"), (1, "b"))),
        *(edit((-1, "a")), edit((0.5, "a")), edit(("1", "a"))),  # type: ignore[arg-type]
        {"version": 1, "changes": [{"word": 1}]},
    ],
)
def test_an_invalid_edit_is_rejected_and_can_be_corrected(setting: ShownWords, bad: Any) -> None:
    setting.submit(bad)
    assert setting.ingest().quarantined == {"invalid_row": 1}
    setting.submit(edit((1, "red")))
    assert setting.ingest().written == 1
    assert setting.rejected() == {}


def test_markup_is_stored_as_text(setting: ShownWords) -> None:
    setting.submit(edit((1, "<img src=x onerror=alert(1)>")))
    setting.ingest()
    assert setting.edits[0]["changes"][0]["text"] == "<img src=x onerror=alert(1)>"


def test_invalid_words_affect_one_recording_only(setting: ShownWords) -> None:
    setting.stub.shown_words[setting.reference["recording"]]["words"][1]["start_ms"] = "soon"
    setting.submit(edit((1, "red")))
    setting.record(550, setting.new_task())
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"invalid_row": 1})


def test_times_and_recognized_words_in_an_annotation_are_rejected(setting: ShownWords) -> None:
    forged = edit((1, "red"))
    forged["changes"][0] |= {"recognized": "blue", "start_ms": 9}
    setting.submit(forged)
    assert setting.ingest().quarantined == {"invalid_row": 1}
    setting.submit(json.loads(json.dumps(edit((1, "red")))))
    setting.ingest()
    assert setting.edits[0]["changes"][0]["recognized"] == "read"

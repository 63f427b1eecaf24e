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

SHOWN = ("a", "read", "boat.")


def shown() -> dict[str, Any]:
    """The server's record of the words shown to an annotator."""
    model = {"engine": "annotate", "model": "demo", "model_sha256": sha("model")}
    words = [
        {
            **{"text": text, "start_ms": 300 * at, "end_ms": 300 * at + 250},
            **{"probability": 0.5, "space_before": True},
        }
        for at, text in enumerate(SHOWN)
    ]
    return {"version": 1, "language": "en", **model, "words": words}


def edit(*changes: tuple[int, str], **over: Any) -> dict[str, Any]:
    written = [{"word": word, "text": text} for word, text in changes]
    return {"version": 1, "changes": written, **over}


class Looked(Setting):
    """A recording whose words were shown."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.reference, self.recording = self.upload(440)
        self.stub.shown_words[self.reference["recording"]] = shown()
        self.annotation = 0

    def submit(self, corrected: Any, **over: Any) -> None:
        """Submit with this edit, or replace the edit of the submission."""
        held = handed_in({**self.reference, **({} if corrected is None else {"edit": corrected})})
        if self.annotation:
            self.stub.change(self.annotation, result=held, **over)
        else:
            self.annotation = self.stub.annotate(self.task, held, **over)

    @property
    def edits(self) -> list[dict[str, Any]]:
        return self.lake.read(Edits).to_dicts()


@pytest.fixture
def setting(tmp_path: Path) -> Looked:
    return Looked(tmp_path)


def test_an_edit_stands_beside_the_recording_with_what_was_shown(setting: Looked) -> None:
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


def test_a_second_run_does_nothing_and_an_edit_that_grows_is_taken(setting: Looked) -> None:
    setting.submit(edit((1, "red")))
    setting.ingest()
    assert setting.ingest().written == 0
    setting.submit(edit((1, "red"), (2, "ship.")))
    assert setting.ingest().written == 1
    (row,) = setting.edits
    assert [change["text"] for change in row["changes"]] == ["red", "ship."]


@pytest.mark.parametrize("nothing", [None, edit(), edit((1, "read"))])
def test_an_edit_that_is_taken_back_is_missing(setting: Looked, nothing: Any) -> None:
    setting.submit(edit((1, "red")))
    setting.ingest()
    setting.submit(nothing)
    assert setting.ingest().written == 1
    (row,) = setting.edits
    assert row["changes"] == []


@pytest.mark.parametrize("nothing", [None, edit(), edit((1, "read"))])
def test_without_a_correction_there_is_no_row(setting: Looked, nothing: Any) -> None:
    setting.submit(nothing)
    assert setting.ingest().written == 1
    assert setting.edits == []
    assert setting.lake.read(Submissions)["edit"].to_list() == [None]


def test_only_who_spoke_can_say_what_was_said(setting: Looked) -> None:
    setting.submit(edit((1, "red")), updated_by=9)
    assert setting.ingest().quarantined == {"foreign_edit": 1}
    assert setting.edits == []
    setting.submit(edit((1, "red")), updated_by=5)
    assert setting.ingest().written == 1
    setting.submit(edit((1, "rude")), updated_by=9)
    assert setting.ingest().quarantined == {"foreign_edit": 1}
    assert setting.edits[0]["changes"][0]["text"] == "red"


def test_words_that_were_not_shown_cannot_be_corrected(setting: Looked) -> None:
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
def test_an_edit_of_another_form_is_rejected_and_mended(setting: Looked, bad: Any) -> None:
    setting.submit(bad)
    assert setting.ingest().quarantined == {"invalid_row": 1}
    setting.submit(edit((1, "red")))
    assert setting.ingest().written == 1
    assert setting.rejected() == {}


def test_markup_is_kept_as_the_text_that_it_is(setting: Looked) -> None:
    setting.submit(edit((1, "<img src=x onerror=alert(1)>")))
    setting.ingest()
    assert setting.edits[0]["changes"][0]["text"] == "<img src=x onerror=alert(1)>"


def test_words_of_unknown_form_cost_their_recording_alone(setting: Looked) -> None:
    setting.stub.shown_words[setting.reference["recording"]]["words"][1]["start_ms"] = "soon"
    setting.submit(edit((1, "red")))
    setting.record(550, setting.new_task())
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"invalid_row": 1})


def test_what_an_annotation_says_of_times_and_words_counts_for_nothing(setting: Looked) -> None:
    lie = edit((1, "red"))
    lie["changes"][0] |= {"recognized": "blue", "start_ms": 9}
    setting.submit(lie)
    assert setting.ingest().quarantined == {"invalid_row": 1}
    setting.submit(json.loads(json.dumps(edit((1, "red")))))
    setting.ingest()
    assert setting.edits[0]["changes"][0]["recognized"] == "read"

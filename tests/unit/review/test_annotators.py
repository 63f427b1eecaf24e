"""Nobody reviews their own recordings: the accounts are those of the server's record."""

import json
from typing import Any

import pytest

from annotate.model.tables import Captions, Recordings, Reviews, Submissions
from annotate.review.annotators import recorded_by
from tests.builders import a_recording, img, rec
from tests.unit.label_studio.stub import SOURCE_PREFIX, START, decided
from tests.unit.review.exchange import TEXT, Setting, a_caption, cap

SOURCE = f"{SOURCE_PREFIX}/9/77"


def a_submission(account: int | None, **over: Any) -> dict[str, Any]:
    described = None if account is None else json.dumps({"annotator": f"ls-{account}"})
    return {
        "source": SOURCE,
        "place": f"{SOURCE_PREFIX}/9",
        "task": 3,
        "updated_at": START,
        "withdrawn": False,
        "described": described,
        "sha256": None,
        "image_sha256": None,
        "image_name": None,
        "error": None,
        "reason": None,
        **over,
    }


@pytest.fixture
def recorded(setting: Setting) -> Setting:
    """The caption's recording was made at the server by account 6, a reviewer."""
    blobs = dict(setting.lake.read(Recordings).select("recording_id", "blob").iter_rows())
    made = {"image_id": img("i1"), "source": SOURCE, "blob": blobs[rec("a")]}
    setting.add(Recordings, a_recording("a", **made))
    setting.add(Submissions, a_submission(6))
    setting.push()
    return setting


def rejected(setting: Setting) -> dict[str, str]:
    return dict(setting.lake.quarantined().select("reason", "detail").iter_rows())


def test_a_decision_about_ones_own_recording_is_rejected(recorded: Setting) -> None:
    recorded.stub.annotate(recorded.pushed()[0]["id"], decided("accept", TEXT), user=6)
    assert recorded.collect().quarantined == {"own_recording": 1}
    assert rejected(recorded) == {"own_recording": "ls-6, who decided this, made a recording of it"}
    assert recorded.lake.read(Reviews).is_empty()
    assert recorded.released() == 0


def test_nor_may_its_annotator_change_another_ones_decision(recorded: Setting) -> None:
    task = recorded.pushed()[0]["id"]
    number = recorded.stub.annotate(task, decided("reject", None, "wrong"), user=5)
    recorded.collect()
    recorded.stub.change(number, result=decided("accept", TEXT), updated_by=6)
    assert recorded.collect().quarantined == {"own_recording": 1}
    assert recorded.review()["decision"] == "reject"


def test_somebody_else_decides(recorded: Setting) -> None:
    task = recorded.pushed()[0]["id"]
    recorded.stub.annotate(task, decided("accept", TEXT), user=6)
    recorded.stub.annotate(task, decided("accept", TEXT), user=5)
    report = recorded.collect()
    assert (report.written, report.quarantined) == (1, {"own_recording": 1})
    assert recorded.review()["reviewer"] == "ls-5"


def test_spoiling_the_annotation_afterwards_helps_nobody(recorded: Setting) -> None:
    recorded.add(Submissions, a_submission(None, reason="invalid_row", error="spoilt"))
    recorded.stub.annotate(recorded.pushed()[0]["id"], decided("accept", TEXT), user=6)
    assert recorded.collect().quarantined == {"own_recording": 1}


def test_every_account_is_known_and_folders_have_none(recorded: Setting) -> None:
    recorded.add(Submissions, a_submission(7))
    recorded.add(Captions, a_caption(2, recordings=[rec("b")]))
    captions = recorded.lake.read(Captions)
    assert recorded_by(recorded.lake, captions) == {cap(1): {6, 7}}
    assert recorded_by(recorded.lake, captions.clear()) == {}

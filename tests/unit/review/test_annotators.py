"""Decisions of a recording's own annotator are rejected; accounts are from the server's records."""

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
    """The caption's recording is by account 6 of the server, a reviewer."""
    blobs = dict(setting.lake.read(Recordings).select("recording_id", "blob").iter_rows())
    over = {"image_id": img("i1"), "source": SOURCE, "blob": blobs[rec("a")]}
    setting.add(Recordings, a_recording("a", **over))
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


def test_a_change_by_the_annotator_of_another_reviewers_decision_is_rejected(
    recorded: Setting,
) -> None:
    task = recorded.pushed()[0]["id"]
    number = recorded.stub.annotate(task, decided("reject", None, "wrong"), user=5)
    recorded.collect()
    recorded.stub.change(number, result=decided("accept", TEXT), updated_by=6)
    assert recorded.collect().quarantined == {"own_recording": 1}
    assert recorded.review()["decision"] == "reject"


def test_a_decision_of_another_reviewer_is_accepted(recorded: Setting) -> None:
    task = recorded.pushed()[0]["id"]
    recorded.stub.annotate(task, decided("accept", TEXT), user=6)
    recorded.stub.annotate(task, decided("accept", TEXT), user=5)
    report = recorded.collect()
    assert (report.written, report.quarantined) == (1, {"own_recording": 1})
    assert recorded.review()["reviewer"] == "ls-5"


def test_an_annotation_damaged_later_still_identifies_the_annotator(recorded: Setting) -> None:
    recorded.add(Submissions, a_submission(None, reason="invalid_row", error="spoilt"))
    recorded.stub.annotate(recorded.pushed()[0]["id"], decided("accept", TEXT), user=6)
    assert recorded.collect().quarantined == {"own_recording": 1}


def test_all_accounts_of_a_caption_are_listed_and_folders_have_none(recorded: Setting) -> None:
    recorded.add(Submissions, a_submission(7))
    recorded.add(Captions, a_caption(2, recordings=[rec("b")]))
    captions = recorded.lake.read(Captions)
    assert recorded_by(recorded.lake, captions) == {cap(1): {6, 7}}
    assert recorded_by(recorded.lake, captions.clear()) == {}

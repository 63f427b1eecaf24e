"""Annotations are validated against the server's records of the recordings."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings, Submissions
from tests.builders import frame
from tests.unit.ingest.submitted import Setting
from tests.unit.label_studio.stub import SOURCE_PREFIX, handed_in


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def name(setting: Setting, annotation: int) -> str:
    return f"{SOURCE_PREFIX}/{setting.project}/{annotation}"


def agreed(**over: Any) -> dict[str, Any]:
    return {"scope": "internal", "statement": "v1", "at": None, **over}


def described(setting: Setting) -> dict[str, Any]:
    (row,) = setting.lake.read(Recordings).to_dicts()
    return {key: row[key] for key in ("annotator_id", "language", "client_ms", "recorded_at")}


def claim_of(setting: Setting, annotation: int) -> dict[str, Any]:
    """The reference in an annotation."""
    (task,) = (one for one in setting.stub.tasks_of(setting.project) if one["annotations"])
    (found,) = (one for one in task["annotations"] if one["id"] == annotation)
    claim: dict[str, Any] = json.loads(found["result"][0]["value"]["text"][0])
    return claim


def test_consent_identity_and_facts_come_from_the_server(setting: Setting) -> None:
    number, recording = setting.record(consent=agreed())
    lies = {"consent": agreed(scope="public"), "language": "ar", "client_ms": 1, "recorded_at": "x"}
    setting.stub.change(number, result=handed_in({**claim_of(setting, number), **lies}))
    assert setting.ingest().written == 1
    assert setting.scopes() == {recording: "internal"}
    row = described(setting)
    assert (row["language"], row["client_ms"], row["recorded_at"]) == (
        "en",
        6_000,
        "2026-11-01T09:00:00Z",
    )


def test_a_claim_that_is_widened_later_changes_nothing(setting: Setting) -> None:
    number, recording = setting.record(consent=agreed())
    setting.ingest()
    wider = {**claim_of(setting, number), "consent": agreed(scope="public")}
    setting.stub.change(number, result=handed_in(wider), updated_by=9)
    setting.ingest()
    assert setting.scopes() == {recording: "internal"}
    assert setting.rejected() == {}


def test_another_ones_recording_is_rejected(setting: Setting) -> None:
    reference, _ = setting.upload(440, user=6)
    number = setting.stub.annotate(setting.task, handed_in(reference), user=5)
    assert setting.ingest().quarantined == {"foreign_recording": 1}
    assert setting.rejected() == {name(setting, number): "foreign_recording"}
    assert setting.lake.read(Recordings).is_empty()


@pytest.mark.parametrize("over", [{"task": 999}, {"project": 999}])
def test_a_recording_of_another_task_is_rejected(setting: Setting, over: dict[str, int]) -> None:
    reference, _ = setting.upload(440)
    setting.stub.records[reference["recording"]].update(over)
    setting.stub.annotate(setting.task, handed_in(reference))
    assert setting.ingest().quarantined == {"foreign_recording": 1}


def test_another_hash_than_the_servers_is_rejected(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in({**reference, "sha256": "0" * 64}))
    assert setting.ingest().quarantined == {"claim_mismatch": 1}


def test_another_recording_put_in_by_a_stranger_leaves_the_first_as_it_was(
    setting: Setting,
) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    other, _ = setting.upload(550, task=setting.new_task(), user=6)
    setting.stub.change(number, result=handed_in(other), updated_by=6)
    assert setting.ingest().quarantined == {"foreign_recording": 1}
    assert setting.scopes() == {recording: "public"}


@pytest.mark.parametrize("result", [[], handed_in("rubbish"), None])
def test_a_claim_that_is_emptied_leaves_the_recording_as_it_was(
    setting: Setting, result: Any
) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    setting.stub.change(number, result=result, updated_by=9)
    assert sum(setting.ingest().quarantined.values()) == 1
    assert setting.scopes() == {recording: "public"}


def test_an_author_put_in_by_a_stranger_changes_nothing(setting: Setting) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    before = described(setting)
    setting.stub.change(number, completed_by=6)
    assert setting.ingest().quarantined == {"foreign_recording": 1}
    assert described(setting) == before
    assert setting.scopes() == {recording: "public"}


def test_a_recording_of_an_account_that_was_deleted_is_still_theirs(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in(reference), user=None)  # type: ignore[arg-type]
    assert setting.ingest().written == 1
    (row,) = setting.lake.read(Submissions).to_dicts()
    assert '"annotator":"ls-5"' in row["described"]


def test_consent_that_is_taken_back_at_the_server_withdraws(setting: Setting) -> None:
    _, recording = setting.record(440)
    setting.ingest()
    (record,) = setting.stub.records.values()
    record["withdrawn"] = True
    setting.stub.touch(setting.task)
    setting.ingest()
    assert setting.scopes() == {recording: "withdrawn"}
    setting.stub.requests.clear()
    setting.ingest()
    listings = [one for one in setting.stub.requests if one == "GET /api/tasks/"]
    assert len(listings) == 2, "its annotation stands: the counts agree"
    record["withdrawn"] = False
    setting.stub.touch(setting.task)
    setting.ingest()
    assert setting.scopes() == {recording: "public"}


def test_consent_that_is_narrowed_at_the_server_is_narrowed_here(setting: Setting) -> None:
    _, recording = setting.record(440)
    setting.ingest()
    (record,) = setting.stub.records.values()
    record["consent"] = agreed()
    setting.stub.touch(setting.task)
    setting.ingest()
    assert setting.scopes() == {recording: "internal"}


def test_a_record_of_unknown_form_costs_itself_alone(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in(reference))
    setting.stub.records[reference["recording"]]["consent"] = None
    setting.record(550, setting.new_task())
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"invalid_row": 1})


def test_an_old_recorder_is_to_be_upgraded_and_nothing_is_lost(setting: Setting) -> None:
    setting.record(440)
    known, setting.stub.reviewers = setting.stub.reviewers, None
    with pytest.raises(AnnotateError, match="give the server this version of annotate-aloud"):
        setting.ingest()
    setting.stub.reviewers = known
    assert setting.ingest().written == 1


def test_a_token_that_is_not_the_pipelines_is_reported(setting: Setting) -> None:
    setting.record(440)
    setting.stub.denies_records = True
    with pytest.raises(AnnotateError, match="group 'annotate pipeline'"):
        setting.ingest()


def test_what_an_older_version_listed_is_requested_about_once(setting: Setting) -> None:
    number, recording = setting.record(440, consent=agreed())
    setting.ingest()
    (row,) = setting.lake.read(Submissions).to_dicts()
    believed = row["described"].replace("internal", "public")
    old = {**row, "described": believed, "step_key": "of an older version"}
    setting.lake.append(Submissions, frame(Submissions, [old]))
    for _ in range(30):  # far more than the overlap of two listings
        setting.new_task()
    setting.ingest()
    assert setting.scopes() == {recording: "internal"}
    (row,) = setting.lake.read(Submissions).to_dicts()
    assert "internal" in row["described"]
    setting.stub.requests.clear()
    setting.ingest()
    assert not [one for one in setting.stub.requests if one.endswith("/record")]
    assert name(setting, number) == row["source"]


def test_a_whole_listing_requests_only_about_what_may_have_changed(setting: Setting) -> None:
    setting.record(440)
    _, later = setting.record(550, setting.new_task())
    for _ in range(30):
        setting.new_task()
    setting.ingest()
    del setting.stub.tasks[setting.task]  # detectable only by the count
    setting.stub.requests.clear()
    setting.ingest()
    assert not [one for one in setting.stub.requests if one.endswith("/record")]
    assert setting.scopes()[later] == "public"
    assert list(setting.scopes().values()).count("withdrawn") == 1

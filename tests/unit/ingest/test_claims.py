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


def a_consent(**over: Any) -> dict[str, Any]:
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


def test_consent_account_and_metadata_come_from_the_server(setting: Setting) -> None:
    number, recording = setting.record(consent=a_consent())
    false_claims = {
        "consent": a_consent(scope="public"),
        "language": "ar",
        "client_ms": 1,
        "recorded_at": "x",
    }
    setting.stub.change(number, result=handed_in({**claim_of(setting, number), **false_claims}))
    assert setting.ingest().written == 1
    assert setting.scopes() == {recording: "internal"}
    row = described(setting)
    assert (row["language"], row["client_ms"], row["recorded_at"]) == (
        "en",
        6_000,
        "2026-11-01T09:00:00Z",
    )


def test_a_later_wider_claim_changes_nothing(setting: Setting) -> None:
    number, recording = setting.record(consent=a_consent())
    setting.ingest()
    wider = {**claim_of(setting, number), "consent": a_consent(scope="public")}
    setting.stub.change(number, result=handed_in(wider), updated_by=9)
    setting.ingest()
    assert setting.scopes() == {recording: "internal"}
    assert setting.rejected() == {}


def test_a_recording_of_another_account_is_rejected(setting: Setting) -> None:
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


def test_a_hash_other_than_the_servers_is_rejected(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in({**reference, "sha256": "0" * 64}))
    assert setting.ingest().quarantined == {"claim_mismatch": 1}


def test_a_recording_replaced_by_another_account_leaves_the_first_unchanged(
    setting: Setting,
) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    other, _ = setting.upload(550, task=setting.new_task(), user=6)
    setting.stub.change(number, result=handed_in(other), updated_by=6)
    assert setting.ingest().quarantined == {"foreign_recording": 1}
    assert setting.scopes() == {recording: "public"}


@pytest.mark.parametrize("result", [[], handed_in("rubbish"), None])
def test_an_emptied_claim_leaves_the_recording_unchanged(setting: Setting, result: Any) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    setting.stub.change(number, result=result, updated_by=9)
    assert sum(setting.ingest().quarantined.values()) == 1
    assert setting.scopes() == {recording: "public"}


def test_a_changed_author_is_rejected(setting: Setting) -> None:
    number, recording = setting.record(440)
    setting.ingest()
    before = described(setting)
    setting.stub.change(number, completed_by=6)
    assert setting.ingest().quarantined == {"foreign_recording": 1}
    assert described(setting) == before
    assert setting.scopes() == {recording: "public"}


def test_a_recording_of_a_deleted_account_is_accepted(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in(reference), user=None)  # type: ignore[arg-type]
    assert setting.ingest().written == 1
    (row,) = setting.lake.read(Submissions).to_dicts()
    assert '"annotator":"ls-5"' in row["described"]


def test_consent_withdrawn_on_the_server_is_withdrawn_in_the_lake(setting: Setting) -> None:
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
    assert len(listings) == 2, "the annotation still exists, so the counts agree"
    record["withdrawn"] = False
    setting.stub.touch(setting.task)
    setting.ingest()
    assert setting.scopes() == {recording: "public"}


def test_consent_narrowed_on_the_server_is_narrowed_in_the_lake(setting: Setting) -> None:
    _, recording = setting.record(440)
    setting.ingest()
    (record,) = setting.stub.records.values()
    record["consent"] = a_consent()
    setting.stub.touch(setting.task)
    setting.ingest()
    assert setting.scopes() == {recording: "internal"}


def test_an_invalid_record_affects_one_recording_only(setting: Setting) -> None:
    reference, _ = setting.upload(440)
    setting.stub.annotate(setting.task, handed_in(reference))
    setting.stub.records[reference["recording"]]["consent"] = None
    setting.record(550, setting.new_task())
    report = setting.ingest()
    assert (report.written, report.quarantined) == (1, {"invalid_row": 1})


def test_an_old_recorder_is_an_error_and_loses_nothing(setting: Setting) -> None:
    setting.record(440)
    reviewers, setting.stub.reviewers = setting.stub.reviewers, None
    with pytest.raises(AnnotateError, match="give the server this version of annotate-aloud"):
        setting.ingest()
    setting.stub.reviewers = reviewers
    assert setting.ingest().written == 1


def test_a_token_without_pipeline_permissions_is_an_error(setting: Setting) -> None:
    setting.record(440)
    setting.stub.denies_records = True
    with pytest.raises(AnnotateError, match="group 'annotate pipeline'"):
        setting.ingest()


def test_submissions_listed_by_an_older_version_are_requested_once(setting: Setting) -> None:
    number, recording = setting.record(440, consent=a_consent())
    setting.ingest()
    (row,) = setting.lake.read(Submissions).to_dicts()
    outdated = row["described"].replace("internal", "public")
    old = {**row, "described": outdated, "step_key": "of an older version"}
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


def test_a_complete_listing_requests_only_records_that_may_have_changed(setting: Setting) -> None:
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

"""Tasks and annotations are validated: valid ones are mapped, others are rejected with a reason."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from annotate.label_studio.mapping import (
    MAX_TEXT,
    Claim,
    Decision,
    Recorded,
    decisions,
    parse_task,
    recorded,
)
from annotate.model.errors import AnnotateError, Rejection
from tests.unit.label_studio.stub import a_reference, decided, handed_in, region

MOMENT = "2026-11-01T09:00:00.123456Z"
IMAGE = {"image": "/data/upload/1/a.jpg", "name": "a.jpg", "image_sha256": "a" * 64, "gold": False}
CAPTION = {"caption_id": "cap_00000000000000aa"}


def a_task(data: Any, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": 3, "updated_at": MOMENT, "data": data, "annotations": list(annotations)}


def an_annotation(result: Any, **over: Any) -> dict[str, Any]:
    valid = {"id": 7, "completed_by": 5, "updated_at": MOMENT, "lead_time": 12.5}
    return {**valid, "result": result, "was_cancelled": False, "unknown": {"more": 1}, **over}


def one_recorded(result: Any, data: Any = IMAGE, **over: Any) -> Recorded:
    (found,) = recorded("project", parse_task(a_task(data, an_annotation(result, **over))))
    return found


def one_decision(result: Any, data: Any = CAPTION, **over: Any) -> Decision | Rejection:
    (found,) = decisions("project", parse_task(a_task(data, an_annotation(result, **over))))
    return found


def test_a_submitted_recording_is_mapped() -> None:
    found = one_recorded(handed_in(a_reference()))
    assert (found.item, found.account) == ("project/7", 5)
    assert found.updated_at == datetime(2026, 11, 1, 9, 0, 0, 123456, tzinfo=UTC)
    assert (found.image, found.image_name) == (IMAGE["image"], "a.jpg")
    assert found.image_sha256 == "a" * 64
    reference = a_reference()
    assert isinstance(found.claim, Claim)
    assert (found.claim.recording, found.claim.sha256) == (
        reference["recording"],
        reference["sha256"],
    )


def test_a_cancelled_annotation_is_omitted() -> None:
    assert not recorded(
        "project",
        parse_task(a_task(IMAGE, an_annotation(handed_in(a_reference()), was_cancelled=True))),
    )


@pytest.mark.parametrize("user", [{"id": 5, "email": "ann@example.org"}, 5])
def test_of_an_account_only_its_id_is_read(user: Any) -> None:
    assert one_recorded(handed_in(a_reference()), completed_by=user).account == 5


def test_the_account_may_be_deleted() -> None:
    found = one_recorded(handed_in(a_reference()), completed_by=None)
    assert found.account is None


@pytest.mark.parametrize(
    "reference",
    [
        a_reference(sha256="A" * 64),
        a_reference(sha256="../../etc"),
        a_reference(recording="../../etc/passwd"),
        a_reference(recording="0" * 31),
        a_reference(version=2),
        "not JSON",
        "[]",
        "{}",
        '{"version": NaN}',
        " " * 1_000_001,
        "[" * 200_000,
        json.dumps(a_reference()).replace('"version": 1', '"version": "\\ud800"'),
    ],
)
def test_an_invalid_reference_is_rejected(reference: Any) -> None:
    found = one_recorded(handed_in(reference)).claim
    assert isinstance(found, Rejection)
    assert (found.item, found.reason) == ("project/7", "invalid_row")
    assert "\n" not in found.detail


@pytest.mark.parametrize(
    "result",
    [
        [],
        None,
        "text",
        [None, 3, []],
        [{"from_name": "recording"}],
        [{"from_name": "recording", "value": None}],
        [region("recording", "text", [7])],
        [region("other", "text", [json.dumps(a_reference())])],
        handed_in(a_reference()) * 2,
    ],
)
def test_an_annotation_without_exactly_one_recording_is_rejected(result: Any) -> None:
    found = one_recorded(result).claim
    assert isinstance(found, Rejection)
    assert found.reason == "missing_audio"


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"image": "\ud800"},
        {"image": ""},
        {"image": 3},
        {**IMAGE, "image_sha256": "x"},
        {"image": "a" * 5000},
    ],
)
def test_annotations_of_a_task_without_a_valid_image_are_rejected(data: Any) -> None:
    found = one_recorded(handed_in(a_reference()), data)
    assert found.image is None
    assert isinstance(found.claim, Rejection)
    assert found.claim.reason == "invalid_row"


@pytest.mark.parametrize("choice", ["accept", "fix", "reject"])
def test_a_decision_is_mapped(choice: str) -> None:
    found = one_decision(decided(choice, " A boat. ", "bad_audio", "Off topic!"))
    assert found == Decision(
        item="project/7",
        account=5,
        changed_by=None,
        caption_id=CAPTION["caption_id"],
        decision=choice,  # type: ignore[arg-type]
        reasons=("bad_audio", "off_topic"),
        text="A boat.",
        reviewer="ls-5",
        seconds=12.5,
        updated_at=datetime(2026, 11, 1, 9, 0, 0, 123456, tzinfo=UTC),
    )


@pytest.mark.parametrize("seconds", [None, -1, float("nan"), float("inf"), "12", True, []])
def test_an_invalid_lead_time_is_none(seconds: Any) -> None:
    found = one_decision(decided("accept", "A boat."), lead_time=seconds)
    assert isinstance(found, Decision)
    assert found.seconds is None


@pytest.mark.parametrize("reason", ["<script>", "", "9lives", "ü", "x" * 80])
def test_an_unknown_reason_becomes_a_code(reason: str) -> None:
    found = one_decision(decided("reject", "", reason))
    assert isinstance(found, Decision)
    assert found.reasons in (("other",), ("script",))


@pytest.mark.parametrize(
    ("result", "data", "reason"),
    [
        (decided(None, "A boat."), CAPTION, "no_decision"),
        (decided("accept") + decided("reject"), CAPTION, "no_decision"),
        (decided("maybe", "A boat."), CAPTION, "no_decision"),
        (decided("accept", "  "), CAPTION, "empty_text"),
        (decided("fix"), CAPTION, "empty_text"),
        (decided("fix", "a" * (MAX_TEXT + 1)), CAPTION, "invalid_row"),
        (decided("fix", "\u200b"), CAPTION, "empty_text"),
        (decided("accept", "\0\x01\ufffe \u3164"), CAPTION, "empty_text"),
        (decided("fix", "A boat."), {"caption_id": "cap_; drop"}, "invalid_row"),
        (decided("fix", "A boat."), {}, "invalid_row"),
    ],
)
def test_an_invalid_decision_is_rejected(result: Any, data: Any, reason: str) -> None:
    found = one_decision(result, data)
    assert isinstance(found, Rejection)
    assert (found.item, found.reason) == ("project/7", reason)


def test_a_caption_can_be_rejected_without_a_text() -> None:
    assert isinstance(one_decision(decided("reject")), Decision)


def test_a_lone_surrogate_in_a_text_is_replaced() -> None:
    found = one_decision(decided("fix", "a \ud800 boat"))
    assert isinstance(found, Decision)
    assert found.text == "a ? boat"


def test_decisions_are_sorted_by_time() -> None:
    later = an_annotation(decided("fix", "B"), id=1, updated_at="2026-11-02T09:00:00Z")
    earlier = an_annotation(decided("fix", "A"), id=2)
    task = parse_task(a_task(CAPTION, later, earlier))
    assert [one.item for one in decisions("project", task)] == ["project/2", "project/1"]


@pytest.mark.parametrize("raw", [{}, {"id": 3}, {"id": "x", "updated_at": MOMENT, "data": {}}])
def test_a_task_of_unknown_form_is_an_error(raw: Any) -> None:
    with pytest.raises(AnnotateError, match="unknown form"):
        parse_task(raw)


@pytest.mark.parametrize(
    ("over", "item"),
    [
        ({"updated_at": "yesterday"}, "project/7"),
        ({"updated_at": "0001-01-01T00:00:00+14:00"}, "project/7"),
        ({"updated_at": None}, "project/7"),
        ({"id": -1}, "project/task-3-0"),
        ({"id": 2**63}, "project/task-3-0"),
        ({"id": "x"}, "project/task-3-0"),
        ({"id": None}, "project/task-3-0"),
    ],
)
def test_an_invalid_annotation_leaves_other_annotations_valid(
    over: dict[str, Any], item: str
) -> None:
    good = an_annotation(decided("accept", "A boat."), id=8)
    task = parse_task(a_task({**CAPTION, **IMAGE}, an_annotation([], **over), good))
    rejected, valid = decisions("project", task)
    assert isinstance(rejected, Rejection)
    assert (rejected.item, rejected.reason, valid.item) == (item, "invalid_row", "project/8")
    first, _ = recorded("project", task)
    assert isinstance(first.claim, Rejection)
    assert (first.item, first.claim.reason, first.account) == (item, "invalid_row", None)


@pytest.mark.parametrize("raw", [None, 7, "text", [], {}])
def test_values_that_are_no_annotation_are_rejected(raw: Any) -> None:
    (found,) = decisions("project", parse_task({**a_task(CAPTION), "annotations": [raw]}))
    assert isinstance(found, Rejection)


@pytest.mark.parametrize("user", ["5", -5, 2**63, 5.0, True, [5], {"id": "5"}, {}])
def test_an_invalid_account_is_none(user: Any) -> None:
    assert one_recorded([], completed_by=user).account is None
    found = one_decision(decided("accept", "A boat."), completed_by=user, updated_by=user)
    assert isinstance(found, Decision)
    assert (found.account, found.people) == (None, frozenset())


def test_the_account_that_changed_a_decision_is_included() -> None:
    found = one_decision(decided("accept", "A boat."), updated_by=9)
    assert isinstance(found, Decision)
    assert found.people == {5, 9}


@pytest.mark.parametrize("value", ["maybe", 1, None, {}, "true"])
def test_only_true_means_cancelled(value: Any) -> None:
    assert isinstance(one_decision(decided("accept", "A boat."), was_cancelled=value), Decision)


def test_results_of_an_older_configuration_are_ignored() -> None:
    old = [region("grade", "rating", 5), region("caption", "rectangle", [1]), {"from_name": 7}]
    found = one_decision(old + decided("accept", "A boat."))
    assert isinstance(found, Decision)
    assert found.text == "A boat."

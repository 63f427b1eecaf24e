"""Only decisions of current members of the reviewers' group are collected."""

import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Reviews
from tests.unit.label_studio.stub import SOURCE_PREFIX, decided
from tests.unit.review.exchange import TEXT, Setting

ANNOTATOR = 8


def decisions(setting: Setting) -> set[tuple[str, str]]:
    return set(setting.lake.scan(Reviews).collect().select("reviewer", "decision").rows())


def rejected(setting: Setting) -> dict[str, str]:
    return dict(setting.lake.quarantined().select("item", "reason").iter_rows())


def test_a_decision_of_a_user_outside_the_group_is_rejected(setting: Setting) -> None:
    setting.push()
    number = setting.stub.annotate(
        setting.pushed()[0]["id"], decided("fix", "Mine."), user=ANNOTATOR
    )
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert rejected(setting) == {f"{SOURCE_PREFIX}/{setting.project}/{number}": "not_a_reviewer"}
    (detail,) = setting.lake.quarantined()["detail"]
    assert detail == "ls-8, who decided this, is not in the group 'annotate reviewers'"
    assert setting.released() == 0


def test_a_decision_posted_under_a_reviewers_name_is_rejected(setting: Setting) -> None:
    """In Label Studio, a user who posts an annotation can set any author."""
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("accept", TEXT), user=5, updated_by=ANNOTATOR)
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert decisions(setting) == set()


def test_a_change_of_a_decision_by_a_user_outside_the_group_is_rejected(
    setting: Setting,
) -> None:
    setting.push()
    number = setting.stub.annotate(setting.pushed()[0]["id"], decided("reject", None, "wrong"))
    setting.collect()
    setting.stub.change(number, result=decided("accept", TEXT), updated_by=ANNOTATOR)
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert setting.review()["decision"] == "reject"
    assert setting.released() == 0


def test_a_rejected_change_does_not_restore_an_earlier_decision(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("accept", TEXT), user=6)
    later = setting.stub.annotate(task, decided("reject", None, "wrong"), user=7)
    setting.collect()
    setting.stub.change(later, result=decided("accept", TEXT), updated_by=ANNOTATOR)
    setting.collect()
    assert (setting.review()["reviewer"], setting.review()["decision"]) == ("ls-7", "reject")


def test_a_decision_of_a_deleted_account_is_rejected(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), user=None)  # type: ignore[arg-type]
    assert setting.collect().quarantined == {"not_a_reviewer": 1}


def test_decisions_of_a_user_who_joins_the_group_are_collected(setting: Setting) -> None:
    assert setting.stub.reviewers is not None
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), user=ANNOTATOR)
    setting.collect()
    for _ in range(30):  # far more than the overlap of two listings
        setting.stub.task(setting.project, {"caption_id": "x"})
    setting.collect()
    setting.stub.requests.clear()
    assert setting.collect().written == 0
    setting.stub.reviewers.add(ANNOTATOR)
    assert setting.collect().written == 1
    assert decisions(setting) == {("ls-8", "accept")}
    assert rejected(setting) == {}
    assert setting.collect().written == 0


def test_decisions_of_a_reviewer_who_left_the_group_stay(setting: Setting) -> None:
    assert setting.stub.reviewers is not None
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), user=6)
    setting.collect()
    setting.stub.reviewers.discard(6)
    report = setting.collect()
    assert (report.written, report.reused, report.quarantined) == (0, 1, {})
    assert setting.released() == 1


def test_a_rejected_decision_does_not_affect_others(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("reject", None, "wrong"), user=ANNOTATOR)
    setting.stub.annotate(task, decided("accept", TEXT), user=6)
    setting.stub.annotate(task, decided("reject", None, "wrong"), user=ANNOTATOR)
    assert setting.collect().written == 1
    assert decisions(setting) == {("ls-6", "accept")}


def test_an_old_recorder_is_an_error(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.stub.reviewers = None
    with pytest.raises(AnnotateError, match="give the server this version of annotate-aloud"):
        setting.collect()
    assert decisions(setting) == set()

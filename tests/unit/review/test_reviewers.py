"""Only members of the reviewers' group decide about captions, as the group is when collecting."""

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


def test_a_decision_of_somebody_else_is_rejected_by_name(setting: Setting) -> None:
    setting.push()
    number = setting.stub.annotate(
        setting.pushed()[0]["id"], decided("fix", "Mine."), user=ANNOTATOR
    )
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert rejected(setting) == {f"{SOURCE_PREFIX}/{setting.project}/{number}": "not_a_reviewer"}
    (detail,) = setting.lake.quarantined()["detail"]
    assert detail == "ls-8, who decided this, is not in the group 'annotate reviewers'"
    assert setting.released() == 0


def test_a_decision_in_the_name_of_a_reviewer_is_rejected(setting: Setting) -> None:
    """In Label Studio a person who posts an annotation can name any author."""
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("accept", TEXT), user=5, updated_by=ANNOTATOR)
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert decisions(setting) == set()


def test_a_reviewers_decision_that_somebody_else_has_changed_stays_as_it_was(
    setting: Setting,
) -> None:
    setting.push()
    number = setting.stub.annotate(setting.pushed()[0]["id"], decided("reject", None, "wrong"))
    setting.collect()
    setting.stub.change(number, result=decided("accept", TEXT), updated_by=ANNOTATOR)
    assert setting.collect().quarantined == {"not_a_reviewer": 1}
    assert setting.review()["decision"] == "reject"
    assert setting.released() == 0


def test_changing_one_reviewers_decision_brings_back_no_other(setting: Setting) -> None:
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


def test_who_joins_the_group_has_decided(setting: Setting) -> None:
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


def test_what_a_reviewer_decided_before_leaving_stays(setting: Setting) -> None:
    assert setting.stub.reviewers is not None
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), user=6)
    setting.collect()
    setting.stub.reviewers.discard(6)
    report = setting.collect()
    assert (report.written, report.reused, report.quarantined) == (0, 1, {})
    assert setting.released() == 1


def test_one_that_is_rejected_holds_up_no_other(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("reject", None, "wrong"), user=ANNOTATOR)
    setting.stub.annotate(task, decided("accept", TEXT), user=6)
    setting.stub.annotate(task, decided("reject", None, "wrong"), user=ANNOTATOR)
    assert setting.collect().written == 1
    assert decisions(setting) == {("ls-6", "accept")}


def test_a_recorder_without_the_group_is_to_be_upgraded(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.stub.reviewers = None
    with pytest.raises(AnnotateError, match="give the server this version of annotate-aloud"):
        setting.collect()
    assert decisions(setting) == set()

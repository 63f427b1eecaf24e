"""Two reviewers per caption, and a third one if they disagree."""

from typing import Any

import pytest

from annotate.model.report import StepReport
from annotate.model.tables import Reviews
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.review.collect import collect
from annotate.review.options import ReviewOptions
from annotate.review.pending import count_for_people, count_waiting
from annotate.review.push import PushReport, push
from tests.unit.label_studio.stub import decided
from tests.unit.review.exchange import TEXT, Setting

TWO = ReviewOptions(reviewers_per_caption=2)
FIX = decided("fix", "A cat sits.")


class Pair:
    """A project with two reviewers per caption, accounts 5 and 6, and 7 if they disagree."""

    def __init__(self, setting: Setting):
        self.setting = setting
        self.push()

    def push(self, options: ReviewOptions = TWO) -> PushReport:
        with self.setting.stub.client() as client:
            return push(self.setting.lake, client, self.setting.project, options=options)

    def collect(self, options: ReviewOptions = TWO) -> StepReport:
        with self.setting.stub.client() as client:
            return collect(self.setting.lake, client, self.setting.project, options=options)

    @property
    def task(self) -> dict[str, Any]:
        (task,) = self.setting.pushed()
        return task

    def decide(self, user: int, result: Any) -> int:
        return self.setting.stub.annotate(self.task["id"], result, user=user)

    def waiting(self) -> dict[str, int]:
        return {
            name: count for name, count in count_waiting(self.setting.lake, TWO).items() if count
        }

    def released(self) -> list[str]:
        images = select(self.setting.lake, ReleaseOptions(), reviewers=2).images
        return images["caption_id"].to_list()

    def left_out(self) -> dict[str, int]:
        return dict(select(self.setting.lake, ReleaseOptions(), reviewers=2).left_out)


@pytest.fixture
def pair(setting: Setting) -> Pair:
    return Pair(setting)


def test_the_project_assigns_each_caption_to_two_reviewers(pair: Pair) -> None:
    assert pair.setting.stub.versions[pair.setting.project]["maximum_annotations"] == 2
    assert pair.task["overlap"] == 2
    assert count_for_people(pair.setting.lake, ReviewOptions(accept_unseen="none")) == 1


def test_one_decision_is_not_enough(pair: Pair) -> None:
    pair.decide(5, decided("accept", TEXT))
    assert pair.collect().written == 1
    assert pair.waiting() == {"second_review": 1}
    assert pair.left_out() == {"not_settled": 1}
    assert pair.push().pushed == 0
    assert pair.task["overlap"] == 2


@pytest.mark.parametrize("order", [(5, 6), (6, 5)])
def test_two_equal_decisions_settle_a_caption_in_either_order(
    pair: Pair, order: tuple[int, int]
) -> None:
    for user in order:
        pair.decide(user, decided("accept", TEXT))
        pair.collect()
    assert pair.waiting() == {}
    assert len(pair.released()) == 1
    assert pair.task["overlap"] == 2


def test_the_same_text_with_other_whitespace_is_the_same_fix(pair: Pair) -> None:
    pair.decide(5, FIX)
    pair.decide(6, decided("fix", "A  cat\nsits."))
    pair.collect()
    assert pair.waiting() == {}
    assert len(pair.released()) == 1


@pytest.mark.parametrize(
    "other",
    [decided("accept", TEXT), decided("reject", None, "wrong"), decided("fix", "A dog sits.")],
)
def test_a_disagreement_is_shown_to_a_third_reviewer(pair: Pair, other: Any) -> None:
    pair.decide(5, FIX)
    pair.decide(6, other)
    assert pair.collect().written == 2
    assert pair.waiting() == {"adjudication": 1}
    assert pair.left_out() == {"not_settled": 1}
    task = pair.task
    assert (task["overlap"], task["is_labeled"]) == (3, False)
    shown = task["data"]["earlier"]
    assert {"decision": "fix", "text": "A cat sits."} in shown
    assert len(shown) == 2
    assert "ls-" not in str(shown)
    assert pair.setting.lake.scan(Reviews).collect().height == 2


def test_the_third_reviewers_decision_is_final(pair: Pair) -> None:
    pair.decide(5, FIX)
    pair.decide(6, decided("reject", None, "wrong"))
    pair.collect()
    pair.decide(7, decided("fix", "A third text."))
    pair.collect()
    assert pair.waiting() == {}
    assert len(pair.released()) == 1
    pair.decide(6, decided("reject", None, "offensive"))
    pair.collect()
    assert len(pair.released()) == 1


def test_collecting_again_changes_nothing(pair: Pair) -> None:
    pair.decide(5, FIX)
    pair.decide(6, decided("accept", TEXT))
    pair.collect()
    before = dict(pair.task)
    pair.setting.stub.requests.clear()
    assert pair.collect().written == 0
    pair.push()
    assert pair.task == before
    assert not [one for one in pair.setting.stub.requests if one.startswith("PATCH /api/tasks/")]


def test_a_changed_decision_can_resolve_a_disagreement(pair: Pair) -> None:
    pair.decide(5, FIX)
    number = pair.decide(6, decided("accept", TEXT))
    pair.collect()
    pair.setting.stub.change(number, result=FIX)
    pair.collect()
    assert pair.waiting() == {}
    assert pair.task["overlap"] == 2


def test_two_decisions_of_one_reviewer_count_once(pair: Pair) -> None:
    pair.decide(5, decided("accept", TEXT))
    pair.decide(5, decided("accept", TEXT))
    pair.collect()
    assert pair.waiting() == {"second_review": 1}
    assert pair.task["overlap"] == 2


def test_a_rejected_decision_does_not_count_as_a_review(pair: Pair) -> None:
    pair.decide(8, decided("accept", TEXT))
    pair.decide(5, decided("accept", TEXT))
    assert pair.collect().quarantined == {"not_a_reviewer": 1}
    assert (pair.task["overlap"], pair.waiting()) == (3, {"second_review": 1})
    pair.push()  # doesn't reset the overlap
    assert pair.task["overlap"] == 3


def test_the_number_of_reviewers_can_be_raised_later(setting: Setting) -> None:
    pair = Pair(setting)
    one = ReviewOptions()
    pair.decide(5, decided("accept", TEXT))
    pair.collect(one)
    assert count_waiting(setting.lake, one) == {"second_review": 0, "adjudication": 0}
    assert select(setting.lake, ReleaseOptions()).images.height == 1
    assert pair.waiting() == {"second_review": 1}
    report = pair.push()
    assert (report.undecided, report.there, report.pushed) == (1, 1, 0)


def test_a_lost_project_is_filled_with_pending_captions(pair: Pair) -> None:
    pair.decide(5, decided("accept", TEXT))
    pair.collect()
    pair.setting.stub.tasks.clear()
    pair.setting.stub.requests.clear()
    assert pair.push().pushed == 1
    assert not [one for one in pair.setting.stub.requests if one.startswith("PUT ")]  # files exist

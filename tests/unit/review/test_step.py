import pytest

from annotate.execution.planning import plan
from annotate.execution.runner import run_step
from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.options import ReviewOptions
from annotate.review.step import AutoReview
from annotate.store.lake import content
from tests.builders import a_recording, frame, img, lake_with, rec

SPAN = {"start_ms": 0, "end_ms": 300, "x_frac": None, "y_frac": None}
LINEAGE = [
    {"start_char": 0, "end_char": 5, "kind": "spoken", "recording_id": rec(), "word": 0, **SPAN}
]


def cap(digit):
    return f"cap_{digit * 16}"


def a_caption(digit="a", text="Boat.", **over):
    row = {"image_id": img(digit), "caption_id": cap(digit), "text": text}
    return {**row, "lineage": LINEAGE if text else [], "recordings": [rec()], **over}


def a_reviewers_decision(digit="a", **over):
    decided = {"decision": "reject", "reviewer": "rev-01", "automatic": False, "seconds": 31.5}
    row = {"caption_id": cap(digit), "image_id": img(digit), "reasons": ["wrong_image"]}
    return {**row, **decided, "text": "Boat.", "lineage": LINEAGE, **over}


@pytest.fixture
def lake(tmp_path):
    return lake_with(tmp_path, {Captions: [a_caption("a"), a_caption("b"), a_caption("c", "")]})


def reviews(lake):
    return {row["caption_id"]: row for row in content(lake, Reviews)}


def test_every_caption_with_a_text_is_accepted_and_marked_as_automatic(lake):
    report = run_step(AutoReview(), lake)
    assert (report.rows_in, report.written) == (2, 2)
    assert reviews(lake).keys() == {cap("a"), cap("b")}
    row = reviews(lake)[cap("a")]
    row.pop("step_key")
    assert row == {
        **{"caption_id": cap("a"), "image_id": img("a"), "text": "Boat.", "lineage": LINEAGE},
        **{"decision": "accept", "reviewer": "auto", "automatic": True},
        **{"seconds": None, "reasons": []},
    }


def test_running_again_changes_nothing(lake):
    run_step(AutoReview(), lake)
    report = run_step(AutoReview(), lake)
    assert (report.written, report.reused) == (0, 2)


def test_a_reviewers_decision_is_not_overridden(lake):
    lake.append(Reviews, frame(Reviews, [a_reviewers_decision()]))
    assert run_step(AutoReview(), lake).written == 1
    assert reviews(lake)[cap("a")]["decision"] == "reject"


def test_a_reviewers_decision_overrides_an_automatic_one(lake):
    run_step(AutoReview(), lake)
    lake.append(Reviews, frame(Reviews, [a_reviewers_decision()]))
    assert run_step(AutoReview(), lake).rows_in == 1
    assert reviews(lake)[cap("a")]["decision"] == "reject"


def test_a_decision_made_after_planning_is_not_overridden(lake):
    step = AutoReview()
    todo = plan(step, lake).todo
    lake.append(Reviews, frame(Reviews, [a_reviewers_decision()]))
    [outcome] = step.work(lake, todo)
    assert outcome.rows["caption_id"].to_list() == [cap("b")]
    assert outcome.items == 1


def test_a_new_caption_of_an_image_is_accepted_again(lake):
    run_step(AutoReview(), lake)
    newer = a_caption("a", caption_id=cap("d"), step_key="new")
    lake.append(Captions, frame(Captions, [newer]))
    assert run_step(AutoReview(), lake).written == 1
    assert reviews(lake)[cap("d")]["automatic"]


SERVER_SOURCE = "label-studio/studio.example.org/3/7"


def add_server_recording(lake, digit="a"):
    lake.append(
        Recordings, frame(Recordings, [a_recording("s", image_id=img(digit), source=SERVER_SOURCE)])
    )


def test_captions_recorded_on_a_server_are_left_to_reviewers(lake):
    add_server_recording(lake)
    assert run_step(AutoReview(), lake).rows_in == 1
    assert reviews(lake).keys() == {cap("b")}


def test_an_image_with_a_server_recording_added_after_planning_is_not_accepted(lake):
    step = AutoReview()
    todo = plan(step, lake).todo
    add_server_recording(lake)
    [outcome] = step.work(lake, todo)
    assert outcome.rows["caption_id"].to_list() == [cap("b")]


def test_an_image_recorded_on_a_server_later_is_not_accepted_again(lake):
    assert run_step(AutoReview(), lake).written == 2
    add_server_recording(lake)
    newer = a_caption("a", caption_id=cap("d"), step_key="new", recordings=[rec(), rec("s")])
    lake.append(Captions, frame(Captions, [newer]))
    assert run_step(AutoReview(), lake).written == 0
    assert cap("d") not in reviews(lake)


@pytest.mark.parametrize(("unseen", "written"), [("all", 2), ("folders", 1), ("none", 0)])
def test_the_option_accept_unseen_selects_the_accepted_captions(lake, unseen, written):
    add_server_recording(lake)
    assert run_step(AutoReview(ReviewOptions(accept_unseen=unseen)), lake).written == written

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


def by_a_person(digit="a", **over):
    decided = {"decision": "reject", "reviewer": "rev-01", "automatic": False, "seconds": 31.5}
    row = {"caption_id": cap(digit), "image_id": img(digit), "reasons": ["wrong_image"]}
    return {**row, **decided, "text": "Boat.", "lineage": LINEAGE, **over}


@pytest.fixture
def lake(tmp_path):
    return lake_with(tmp_path, {Captions: [a_caption("a"), a_caption("b"), a_caption("c", "")]})


def reviews(lake):
    return {row["caption_id"]: row for row in content(lake, Reviews)}


def test_every_caption_with_a_text_is_accepted_and_the_row_says_that_nobody_looked(lake):
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


def test_a_persons_decision_is_never_covered(lake):
    lake.append(Reviews, frame(Reviews, [by_a_person()]))
    assert run_step(AutoReview(), lake).written == 1
    assert reviews(lake)[cap("a")]["decision"] == "reject"


def test_a_persons_decision_after_an_automatic_one_holds(lake):
    run_step(AutoReview(), lake)
    lake.append(Reviews, frame(Reviews, [by_a_person()]))
    assert run_step(AutoReview(), lake).rows_in == 1
    assert reviews(lake)[cap("a")]["decision"] == "reject"


def test_a_decision_made_between_plan_and_work_holds(lake):
    step = AutoReview()
    todo = plan(step, lake).todo
    lake.append(Reviews, frame(Reviews, [by_a_person()]))
    [outcome] = step.work(lake, todo)
    assert outcome.rows["caption_id"].to_list() == [cap("b")]
    assert outcome.items == 1


def test_a_new_caption_of_an_image_is_accepted_anew(lake):
    run_step(AutoReview(), lake)
    newer = a_caption("a", caption_id=cap("d"), step_key="new")
    lake.append(Captions, frame(Captions, [newer]))
    assert run_step(AutoReview(), lake).written == 1
    assert reviews(lake)[cap("d")]["automatic"]


SERVED = "label-studio/studio.example.org/3/7"


def served(lake, digit="a"):
    lake.append(
        Recordings, frame(Recordings, [a_recording("s", image_id=img(digit), source=SERVED)])
    )


def test_what_was_recorded_on_a_server_is_left_to_people(lake):
    served(lake)
    assert run_step(AutoReview(), lake).rows_in == 1
    assert reviews(lake).keys() == {cap("b")}


def test_a_recording_from_a_server_that_comes_in_between_plan_and_work_bars_its_image(lake):
    step = AutoReview()
    todo = plan(step, lake).todo
    served(lake)
    [outcome] = step.work(lake, todo)
    assert outcome.rows["caption_id"].to_list() == [cap("b")]


def test_an_image_that_is_described_on_a_server_later_is_not_accepted_anew(lake):
    assert run_step(AutoReview(), lake).written == 2
    served(lake)
    newer = a_caption("a", caption_id=cap("d"), step_key="new", recordings=[rec(), rec("s")])
    lake.append(Captions, frame(Captions, [newer]))
    assert run_step(AutoReview(), lake).written == 0
    assert cap("d") not in reviews(lake)


@pytest.mark.parametrize(("unseen", "written"), [("all", 2), ("folders", 1), ("none", 0)])
def test_the_project_may_say_otherwise(lake, unseen, written):
    served(lake)
    assert run_step(AutoReview(ReviewOptions(accept_unseen=unseen)), lake).written == written

import pytest

from annotate.model.tables import Captions, Reviews
from annotate.review.step import AutoReview
from annotate.store.lake import content
from annotate.store.step import plan, run_step
from tests.builders import frame, img, lake_with, rec

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

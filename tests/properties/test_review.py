"""Properties of any review task, and of any annotation that Label Studio returns."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.label_studio.mapping import (
    Claim,
    Decision,
    decisions,
    parse_task,
    recorded,
)
from annotate.label_studio.review_panel_data import Doubt, Evidence, Origin, Sentence, Voice
from annotate.label_studio.review_task import Passage, ReviewTask, review_task
from annotate.model.errors import Rejection
from annotate.model.visible import has_visible, without_controls

ANYTHING = st.text(max_size=60)
MOMENT = "2026-11-01T09:00:00Z"
CHOICES = st.sampled_from(["accept", "fix", "reject"])
FRACTIONS = st.floats(-0.5, 1.5)
TIMES = st.integers(0, 60_000)
PASSAGES = st.builds(Passage, author=st.just("ls-5"), text=ANYTHING, start_ms=TIMES, end_ms=TIMES)
PATH_POINTS = st.lists(st.tuples(TIMES, FRACTIONS, FRACTIONS), max_size=3)
SPOKEN_WORDS = st.fixed_dictionaries(
    {
        **{"text": ANYTHING, "start_ms": TIMES, "end_ms": TIMES, "probability": st.floats(0, 1)},
        **{"x_frac": st.none() | FRACTIONS, "y_frac": st.none() | FRACTIONS},
        "space_before": st.booleans(),
    }
)
DOUBTS = st.lists(st.builds(Doubt, code=ANYTHING, detail=ANYTHING), max_size=2)
EVIDENCE = st.builds(
    Evidence,
    voices=st.lists(
        st.builds(
            Voice,
            **{"author": st.just("ls-5"), "starts_ms": TIMES, "duration_ms": TIMES},
            **{
                "words": st.lists(SPOKEN_WORDS, max_size=3),
                "path": st.lists(PATH_POINTS, max_size=2),
            },
            **{"clicks": PATH_POINTS, "doubts": DOUBTS},
        ),
        max_size=2,
    ),
    words=st.lists(
        st.builds(
            Origin,
            **{"start_char": st.integers(0, 9), "end_char": st.integers(0, 9)},
            **{"kind": st.sampled_from(["spoken", "edited", "synthetic"])},
            **{"voice": st.none() | st.just(0), "word": st.none() | st.just(0)},
        ),
        max_size=3,
    ),
    sentences=st.lists(
        st.builds(Sentence, first=st.just(0), end=st.integers(0, 3), doubts=DOUBTS), max_size=2
    ),
)
REVIEW_TASKS = st.builds(
    ReviewTask,
    caption_id=st.just("cap_00000000000000aa"),
    image_id=st.just("img_00000000000000aa"),
    text=ANYTHING,
    image=st.just("/data/upload/1/a.jpg"),
    audio=st.just("/data/upload/1/a.webm"),
    passages=st.lists(PASSAGES, max_size=4).map(tuple),
    doubts=st.lists(ANYTHING, max_size=3).map(tuple),
    evidence=EVIDENCE,
)


@given(REVIEW_TASKS, CHOICES)
def test_a_caption_submitted_unchanged_is_collected_unchanged(
    review: ReviewTask, choice: str
) -> None:
    task = json.loads(json.dumps(review_task(review)))
    (prediction,) = task["predictions"]
    decision = {"from_name": "decision", "value": {"choices": [choice]}}
    annotation = {
        "id": 1,
        "completed_by": 5,
        "updated_at": MOMENT,
        "result": [*prediction["result"], decision],
    }
    raw = {"id": 2, "updated_at": MOMENT, "data": task["data"], "annotations": [annotation]}
    (found,) = decisions("source", parse_task(raw))
    text = without_controls(review.text).strip()
    if isinstance(found, Rejection):
        assert not has_visible(text)
        assert choice != "reject"
    else:
        assert (found.caption_id, found.text) == (review.caption_id, text)
        assert found.decision == choice


@given(REVIEW_TASKS)
def test_what_label_studio_shows_contains_no_markup(review: ReviewTask) -> None:
    task = review_task(review)
    shown = [task["data"]["verdicts"], *(one["text"] for one in task["data"]["narration"])]
    assert not any(mark in text for text in shown for mark in "<>")


@given(REVIEW_TASKS)
def test_points_are_within_the_image_and_the_data_is_valid_json(review: ReviewTask) -> None:
    shown = json.loads(json.dumps(review_task(review)["data"]["review"], allow_nan=False))
    found = [
        value
        for voice in shown["voices"]
        for run in (
            *(word[4:] for word in voice["words"]),
            *([point for at, point in enumerate(run) if at % 3] for run in voice["path"]),
        )
        for value in run
    ]
    assert all(isinstance(value, int) and 0 <= value <= 1000 for value in found)


HEX = "0123456789abcdef"
CLAIMS = st.builds(
    Claim,
    version=st.just(1),
    recording=st.text(HEX, min_size=32, max_size=32),
    sha256=st.text(HEX, min_size=64, max_size=64),
)


def parsed_claim(text: str) -> Any:
    result = [{"from_name": "recording", "value": {"text": [text]}}]
    annotation = {"id": 1, "completed_by": 5, "updated_at": MOMENT, "result": result}
    raw = {
        "id": 2,
        "updated_at": MOMENT,
        "data": {"image": "/a.jpg"},
        "annotations": [annotation],
    }
    (found,) = recorded("source", parse_task(raw))
    return found.claim


@given(CLAIMS)
def test_a_claim_is_read_as_it_was_written(claim: Claim) -> None:
    assert parsed_claim(claim.model_dump_json()) == claim


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
)


@given(st.one_of(ANYTHING, JSON.map(json.dumps)))
def test_any_other_text_is_rejected_without_an_error(text: str) -> None:
    assert isinstance(parsed_claim(text), Rejection)


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(
            JSON,
            st.fixed_dictionaries(
                {
                    "from_name": st.sampled_from(["caption", "decision", "reason", "recording"]),
                    "value": st.one_of(
                        JSON,
                        st.dictionaries(
                            st.sampled_from(["text", "choices"]),
                            st.one_of(JSON, st.lists(st.sampled_from(["accept", "fix", "a"]))),
                        ),
                    ),
                }
            ),
        ),
        max_size=4,
    ),
    JSON,
)
def test_any_annotation_is_a_decision_or_a_rejection(result: Any, lead_time: Any) -> None:
    annotation = {
        "id": 1,
        "completed_by": 5,
        "updated_at": MOMENT,
        "result": result,
        "lead_time": lead_time,
    }
    data = {"caption_id": "cap_00000000000000aa", "image": "/a.jpg"}
    task = parse_task({"id": 2, "updated_at": MOMENT, "data": data, "annotations": [annotation]})
    (found,) = decisions("source", task)
    assert isinstance(found, Decision | Rejection)
    assert len(recorded("source", task)) == 1


ANNOTATIONS = st.dictionaries(
    st.sampled_from(
        ["id", "completed_by", "updated_by", "updated_at", "was_cancelled", "lead_time", "result"]
    ),
    st.one_of(JSON, st.integers(), st.just(MOMENT), st.datetimes().map(str)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(ANNOTATIONS, JSON), max_size=3), JSON)
def test_a_bad_annotation_of_a_task_affects_itself_alone(annotations: Any, text: Any) -> None:
    good = {"id": 77, "completed_by": 5, "updated_at": MOMENT}
    decision = {"from_name": "decision", "value": {"choices": ["reject"]}}
    data = {"caption_id": "cap_00000000000000aa", "image": "/a.jpg", "caption": text}
    raw = {"id": 2, "updated_at": MOMENT, "data": data}
    task = parse_task({**raw, "annotations": [*annotations, {**good, "result": [decision]}]})
    found = decisions("source", task)
    assert len(found) <= len(annotations) + 1
    assert any(isinstance(one, Decision) and one.item == "source/77" for one in found)
    assert all(one.item.startswith("source/") for one in recorded("source", task))

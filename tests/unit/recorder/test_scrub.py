"""Responses to annotators contain nothing about other people."""

from __future__ import annotations

from annotate.recorder.scrub import Viewer, scrub

ME, OTHER = {"id": 3, "email": "me@x", "first_name": "Me"}, {"id": 4, "email": "o@x", "avatar": "u"}
ANNOTATOR, REVIEWER = Viewer(3, "me@x", False), Viewer(3, "me@x", True)


def test_names_and_email_addresses_of_other_users_are_removed() -> None:
    project = {"created_by": OTHER, "members": [ME, OTHER], "title": "t"}
    assert scrub(project, ANNOTATOR) == {
        "created_by": {"id": 4, "email": "", "avatar": None},
        "members": [ME, {"id": 4, "email": "", "avatar": None}],
        "title": "t",
    }


def test_only_the_users_own_annotations_are_shown() -> None:
    task = {
        "annotations": [
            {"id": 1, "completed_by": 3},
            {"id": 2, "completed_by": 4},
            {"id": 5, "completed_by": OTHER, "created_username": " o@x, 4"},
            {"id": 6, "completed_by": ME, "created_username": " me@x, 3"},
            {"id": 7},
        ],
        "drafts": [{"id": 8, "user": "o@x"}, {"id": 9, "user": "me@x"}, {"id": 10, "user": 4}],
    }
    shown = scrub(task, ANNOTATOR)
    assert [one["id"] for one in shown["annotations"]] == [1, 6]
    assert "created_username" not in shown["annotations"][1]
    assert [one["id"] for one in shown["drafts"]] == [9]


def test_predictions_are_shown_only_to_reviewers() -> None:
    task = {"predictions": [{"id": 1, "result": []}]}
    assert scrub(task, ANNOTATOR) == {"predictions": []}
    assert scrub(task, REVIEWER) == task


def test_gold_marks_are_removed_from_data_and_columns() -> None:
    columns = {"columns": [{"id": "gold"}, {"id": "data", "children": ["image", "gold"]}]}
    assert scrub(columns, REVIEWER) == {"columns": [{"id": "data", "children": ["image"]}]}
    assert scrub({"data": {"image": "/x", "gold": True}}, REVIEWER) == {"data": {"image": "/x"}}


def test_the_annotators_of_a_caption_are_removed() -> None:
    task = {"data": {"caption": "a cat", "recorded_by": [3, 7]}}
    assert scrub(task, REVIEWER) == {"data": {"caption": "a cat"}}

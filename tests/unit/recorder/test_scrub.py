"""Labellers are told nothing of other people."""

from __future__ import annotations

from annotate.recorder.scrub import scrub

ME, OTHER = {"id": 3, "email": "me@x", "first_name": "Me"}, {"id": 4, "email": "o@x", "avatar": "u"}


def test_names_and_addresses_of_others_are_blank_and_ones_own_stay() -> None:
    project = {"created_by": OTHER, "members": [ME, OTHER], "title": "t"}
    assert scrub(project, 3, False) == {
        "created_by": {"id": 4, "email": "", "avatar": None},
        "members": [ME, {"id": 4, "email": "", "avatar": None}],
        "title": "t",
    }


def test_only_ones_own_work_is_shown() -> None:
    task = {
        "annotations": [
            {"id": 1, "completed_by": 3},
            {"id": 2, "completed_by": 4},
            {"id": 5, "completed_by": OTHER, "created_username": " o@x, 4"},
            {"id": 6, "completed_by": ME, "created_username": " me@x, 3"},
            {"id": 7},
        ],
        "drafts": [{"id": 8, "user": 4}, {"id": 9, "user": 3}],
    }
    shown = scrub(task, 3, False)
    assert [one["id"] for one in shown["annotations"]] == [1, 6]
    assert "created_username" not in shown["annotations"][1]
    assert [one["id"] for one in shown["drafts"]] == [9]


def test_predictions_are_for_reviewers() -> None:
    task = {"predictions": [{"id": 1, "result": []}]}
    assert scrub(task, 3, False) == {"predictions": []}
    assert scrub(task, 3, True) == task


def test_what_annotators_are_judged_by_is_in_no_data_and_no_column() -> None:
    columns = {"columns": [{"id": "gold"}, {"id": "data", "children": ["image", "gold"]}]}
    assert scrub(columns, 3, True) == {"columns": [{"id": "data", "children": ["image"]}]}
    assert scrub({"data": {"image": "/x", "gold": True}}, 3, True) == {"data": {"image": "/x"}}


def test_whose_recordings_a_caption_is_made_of_is_told_nobody() -> None:
    task = {"data": {"caption": "a cat", "recorded_by": [3, 7]}}
    assert scrub(task, 3, True) == {"data": {"caption": "a cat"}}

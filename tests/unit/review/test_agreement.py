"""Statistics of reviewers' decisions, with numbers that can be calculated by hand."""

from pathlib import Path
from typing import Any

import pytest

from annotate.model.tables import Captions, Recordings, Reviews
from annotate.review.agreement import agreement, kappa
from annotate.review.gold import remember
from annotate.store.lake import Lake
from tests.builders import a_recording, frame, img, lake_with, rec, sha

DIGITS = "abcd"


def cap(digit: str) -> str:
    return f"cap_{digit * 16}"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Four captions of a boat: ann-01 spoke for all, ann-02 for the first one as well."""
    captions = [
        {
            "image_id": img(digit),
            "caption_id": cap(digit),
            "text": "a boat at sea",
            "lineage": [],
            "recordings": [rec("a"), rec("b")] if digit == "a" else [rec("a")],
        }
        for digit in DIGITS
    ]
    recordings = [a_recording("a"), a_recording("b", annotator_id="ann-02")]
    return lake_with(tmp_path, {Captions: captions, Recordings: recordings})


def decide(lake: Lake, reviewer: str, decisions: str, **over: Any) -> None:
    """One decision per caption, in order: a(ccept), f(ix), r(eject) or a space for none."""
    names = {"a": "accept", "f": "fix", "r": "reject"}
    rows = [
        {
            "caption_id": cap(digit),
            "image_id": img(digit),
            "decision": names[letter],
            "reviewer": reviewer,
            "automatic": False,
            "seconds": 10.0 * (index + 1),
            "reasons": [],
            "text": "a ship at sea" if letter == "f" else "a boat at sea",
            "lineage": [],
            "step_key": reviewer,
            **over,
        }
        for index, (digit, letter) in enumerate(zip(DIGITS, decisions, strict=False))
        if letter != " "
    ]
    assert lake.append(Reviews, frame(Reviews, rows)).is_empty()


def test_gold_images_have_separate_statistics(lake: Lake) -> None:
    decide(lake, "rev-1", "arr")
    assert agreement(lake)["on_gold"] == []
    assert remember(lake, [sha("b")]) == 1
    (row,) = agreement(lake)["on_gold"]
    assert (row["annotator"], row["captions"], row["reject"]) == ("ann-01", 1, 1.0)


def test_the_row_of_a_reviewer_has_fractions_and_a_time(lake: Lake) -> None:
    decide(lake, "ls-1", "aafr")
    (row,) = agreement(lake)["by_reviewer"]
    assert row == {
        "reviewer": "ls-1",
        "captions": 4,
        "accept": 0.5,
        "fix": 0.25,
        "reject": 0.25,
        "changed": round(0.25 / 3, 4),
        "seconds": 25.0,
    }


def test_an_annotators_row_covers_every_caption_with_their_words(lake: Lake) -> None:
    decide(lake, "ls-1", "rafa")
    first, second = agreement(lake)["by_annotator"]
    assert (first["annotator"], first["captions"], first["reject"]) == ("ann-01", 4, 0.25)
    assert (second["annotator"], second["captions"], second["reject"]) == ("ann-02", 1, 1.0)
    assert second["changed"] is None


def test_pairs_are_compared_on_captions_that_both_decided(lake: Lake) -> None:
    decide(lake, "ls-1", "aafr")
    decide(lake, "ls-2", "afr")
    decide(lake, "ls-3", "   a")
    pairs = {(row["first"], row["second"]): row for row in agreement(lake)["pairs"]}
    assert pairs.keys() == {("ls-1", "ls-2"), ("ls-1", "ls-3")}
    assert pairs["ls-1", "ls-2"]["captions"] == 3
    assert pairs["ls-1", "ls-2"]["agreed"] == round(1 / 3, 4)
    assert pairs["ls-1", "ls-3"]["agreed"] == 0.0


def test_only_the_last_decision_of_a_reviewer_counts(lake: Lake) -> None:
    decide(lake, "ls-1", "rrrr")
    decide(lake, "ls-1", "aaaa")
    (row,) = agreement(lake)["by_reviewer"]
    assert (row["captions"], row["accept"]) == (4, 1.0)


def test_automatic_reviews_do_not_count(lake: Lake) -> None:
    decide(lake, "auto", "aaaa", automatic=True, seconds=None)
    names = ("by_reviewer", "by_annotator", "on_gold", "pairs")
    assert agreement(lake) == {name: [] for name in names}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # A textbook example: 35 of 50 decisions agree, 0.5 by chance, so kappa is 0.4.
        ("y" * 25 + "n" * 25, "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15, 0.4),
        ("abc", "abc", 1.0),
        ("ab", "ba", -1.0),
        ("aabb", "abab", 0.0),
        ("aaa", "aaa", None),
    ],
)
def test_kappa_is_cohens(first: str, second: str, expected: float | None) -> None:
    found = kappa(first, second)
    assert found == (None if expected is None else pytest.approx(expected))

"""Properties of the decision rule, for any reviewers' decisions in any order."""

from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.model.decision_rule import Opinion, Settled, settle
from annotate.model.tables import Reviews
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.store.settled import settled, waiting
from tests.builders import frame
from tests.release_builders import a_lake

NAMES = ["ls-1", "ls-2", "ls-3", "ls-4"]
TEXTS = ["a cat", "a  cat ", "a dog"]


def opinion(reviewer: str, decision: str, text: str) -> Opinion:
    return Opinion(
        reviewer=reviewer, decision=decision, text=None if decision == "reject" else text
    )


def opinions(names: list[str] = NAMES) -> st.SearchStrategy[Opinion]:
    kinds = st.sampled_from(["accept", "fix", "reject"])
    return st.builds(opinion, st.sampled_from(names), kinds, st.sampled_from(TEXTS))


def outcome(one: Opinion) -> tuple[str, str]:
    """An opinion's decision and text, with blanks normalized."""
    return one.decision, " ".join((one.text or "").split())


def result(opinions_given: list[Opinion]) -> tuple[Any, ...]:
    """The settled opinion's reviewer and outcome, and what is missing; not the row's index."""
    one = settle(opinions_given, 2)
    final = (
        None
        if one.holds is None
        else (opinions_given[one.holds].reviewer, outcome(opinions_given[one.holds]))
    )
    return final, one.waits, one.missing


@given(st.lists(opinions(), max_size=8))
def test_a_decision_is_final_only_by_agreement_or_adjudication(
    opinions_given: list[Opinion],
) -> None:
    one = settle(opinions_given, 2)
    if one.holds is None:
        assert (one.waits is None) == (not opinions_given)
        assert one.missing > 0
        return
    assert one.waits is None
    assert one.missing == 0
    final = opinions_given[one.holds]
    assert opinions_given.index(final) <= one.holds
    assert [x.reviewer for x in opinions_given[one.holds + 1 :]].count(final.reviewer) == 0
    newest = {x.reviewer: x for x in opinions_given}
    other_outcomes = [outcome(x) for name, x in newest.items() if name != final.reviewer]
    adjudicated = final.reviewer not in list(newest)[:2]
    assert adjudicated or outcome(final) in other_outcomes
    assert len(newest) >= (3 if adjudicated else 2)


@given(opinions(["ls-1"]), opinions(["ls-2"]))
def test_the_order_of_two_decisions_changes_nothing(first: Opinion, second: Opinion) -> None:
    assert result([first, second]) == result([second, first])
    assert (settle([first, second], 2).waits is None) == (outcome(first) == outcome(second))


@given(opinions(["ls-1"]), opinions(["ls-2"]), opinions(["ls-3"]))
def test_two_of_three_who_agree_decide_in_any_order(
    first: Opinion, second: Opinion, third: Opinion
) -> None:
    opinions_given = [first, second, third]
    outcomes = {outcome(one) for one in opinions_given}
    found = {result(list(order))[0][1] for order in permutations(opinions_given)}
    if len(outcomes) < 3:
        (most,) = {w for w in outcomes if [outcome(one) for one in opinions_given].count(w) > 1}
        assert found == {most}
    else:  # the third person adjudicates
        assert found == outcomes
        assert result([first, second, third])[0] == (third.reviewer, outcome(third))
        assert result([second, first, third])[0] == (third.reviewer, outcome(third))


@given(st.lists(opinions(["ls-1"]), min_size=1, max_size=6))
def test_one_person_cannot_settle_a_caption_with_two_decisions(
    opinions_given: list[Opinion],
) -> None:
    assert settle(opinions_given, 2) == Settled(holds=None, waits="second_review", missing=1)
    assert settle(opinions_given, 1).holds == len(opinions_given) - 1


@given(opinions(["ls-1"]), opinions(["ls-2"]), opinions(["ls-3"]), st.lists(opinions(NAMES[:2])))
def test_an_adjudication_is_final_whatever_the_two_decide_later(
    first: Opinion, second: Opinion, third: Opinion, later: list[Opinion]
) -> None:
    if outcome(first) != outcome(second):
        assert settle([first, second, third, *later], 2).holds == 2


def row(of: dict[str, Any], one: Opinion) -> dict[str, Any]:
    return {
        **of,
        **{"decision": one.decision, "reviewer": one.reviewer, "automatic": False},
        "reasons": ["wrong"] if one.decision == "reject" else [],
    }


@settings(max_examples=15, deadline=None)
@given(st.lists(opinions(), max_size=5))
def test_a_lake_releases_settled_captions_and_none_that_wait(more: list[Opinion]) -> None:
    """The lake's rows are settled by the same rule as in `settle`."""
    with tempfile.TemporaryDirectory() as root:
        lake = a_lake(Path(root), 1)
        (first_review,) = lake.read(Reviews).drop("written_at", "commit_version").to_dicts()
        opinions_given = [
            opinion(first_review["reviewer"], first_review["decision"], first_review["text"])
        ]
        for other in more:
            opinions_given.append(opinion(other.reviewer, other.decision, first_review["text"]))
            assert lake.append(Reviews, frame(Reviews, [row(first_review, other)])).is_empty()
        one = settle(opinions_given, 2)
        final = settled(lake, 2).collect()
        released = select(lake, ReleaseOptions(), "all", 2)
        if one.holds is None:
            assert final.is_empty()
            assert released.left_out == {"not_settled": 1}
            assert [w.waits for w in waiting(lake, 2).values()] == [one.waits]
        else:
            assert final["reviewer"].to_list() == [opinions_given[one.holds].reviewer]
            assert released.images.height == (opinions_given[one.holds].decision != "reject")
            assert waiting(lake, 2) == {}
        assert settled(lake, 1).collect()["reviewer"].to_list() == [opinions_given[-1].reviewer]

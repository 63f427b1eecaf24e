"""Writing and resolving of rejections in the table `quarantine`."""

from pathlib import Path

import polars as pl
import pytest

from annotate.model.errors import Rejection
from annotate.model.tables import Quarantine
from annotate.store.lake import Lake
from annotate.store.quarantine import quarantine, resolve_items, settle


def rejection(item: str, reason: str = "odd") -> Rejection:
    return Rejection(item=item, reason=reason, detail="")


@pytest.mark.parametrize(
    ("reason", "detail"),
    [("Not a code!", "x"), ("", "x"), ("bad", "a lone surrogate: \udcff"), ("bad", "y" * 10**6)],
)
def test_a_rejection_is_written_whatever_its_form(tmp_path: Path, reason: str, detail: str) -> None:
    lake = Lake(tmp_path)
    rejections = [Rejection(item="one", reason=reason, detail=detail)]
    counts = quarantine(lake, "paint", rejections, {"one": "k"})
    (row,) = lake.quarantined().to_dicts()
    assert sum(counts.values()) == 1
    assert row["reason"] in counts
    assert detail[:5] in row["detail"]


def test_of_several_rejections_of_an_item_the_first_counts(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rejections = [Rejection(item="one", reason=reason, detail="") for reason in ("first", "second")]
    assert quarantine(lake, "paint", rejections, {}) == {"first": 1}
    assert lake.scan(Quarantine).collect().height == 1


def test_an_existing_rejection_is_counted_and_not_written_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    counts = [quarantine(lake, "paint", [rejection("one")], {"one": "k"}) for _ in range(2)]
    assert counts == [{"odd": 1}, {"odd": 1}]
    assert lake.scan(Quarantine).collect().height == 1


def test_a_rejection_for_another_reason_or_input_is_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    quarantine(lake, "paint", [rejection("one")], {"one": "k"})
    quarantine(lake, "paint", [rejection("one", "other")], {"one": "k"})
    quarantine(lake, "paint", [rejection("one", "other")], {"one": "l"})
    assert lake.scan(Quarantine).collect().height == 3
    assert lake.quarantined().select("reason", "step_key").rows() == [("other", "l")]


def test_an_item_that_was_resolved_can_be_rejected_for_the_same_reason(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    quarantine(lake, "paint", [rejection("one")], {"one": "k"})
    resolve_items(lake, "paint", pl.Series(["one"]))
    assert lake.quarantined().is_empty()
    quarantine(lake, "paint", [rejection("one")], {"one": "k"})
    assert lake.quarantined()["item"].to_list() == ["one"]


def test_settle_quarantines_rejected_items_and_resolves_others(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    quarantine(lake, "push", [rejection("one"), rejection("two"), rejection("far")], {})
    keys = {"one": "k", "two": "k", "three": "k"}
    assert settle(lake, "push", [rejection("two"), rejection("three")], keys) == {"odd": 2}
    assert sorted(lake.quarantined()["item"]) == ["far", "three", "two"]


def test_another_steps_item_of_the_same_name_stays(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for step in ("push", "collect"):
        quarantine(lake, step, [rejection("one")], {})
    settle(lake, "push", [], {"one": "k"})
    assert lake.quarantined()["step"].to_list() == ["collect"]

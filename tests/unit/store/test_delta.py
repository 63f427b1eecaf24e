"""Rows are ordered by the commits that added them, independent of wall clocks."""

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from annotate.model.tables import STAMPED, Images, Quarantine, Reviews, dtypes
from annotate.store import lake as lake_module
from annotate.store.delta import order
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img, lake_with

EACH = 12
"""Commits that each of several processes makes."""


class ClockGoingBackwards:
    """A clock that is set back by an hour on each call."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 1, tzinfo=UTC)

    def now(self, _zone: object) -> datetime:
        self._now -= timedelta(hours=1)
        return self._now


def append_named(lake: Lake, name: str) -> None:
    broken = lake.append(Images, frame(Images, [an_image("a", name=name)]))
    assert broken.is_empty()


def write_often(root: Path, name: str) -> None:
    for number in range(EACH):
        append_named(Lake(root), f"{name} {number}")


def old_table(lake: Lake, rows: list[dict[str, object]]) -> None:
    """A table as it was written before rows had their commit's version."""
    schema = {name: kind for name, kind in dtypes(Images).items() if name != "commit_version"}
    pl.DataFrame(rows, schema=schema).write_delta(lake.location.table("images"), mode="append")


def test_the_later_commit_counts_even_if_the_clock_goes_backwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_module, "datetime", ClockGoingBackwards())
    lake = Lake(tmp_path)
    for name in ("first", "second", "third"):
        append_named(lake, name)
    row = lake.read(Images).row(0, named=True)
    assert row["name"] == "third"
    times = lake.scan(Images).sort("commit_version").collect()["written_at"]
    assert times.is_sorted(descending=True)
    assert times.n_unique() == 3


def test_a_row_has_the_version_of_its_commit(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for name in ("first", "second"):
        append_named(lake, name)
    versions = dict(lake.scan(Images).select("name", "commit_version").collect().iter_rows())
    found = lake.delta("images").open()
    assert found is not None
    assert versions == {"first": found.version - 1, "second": found.version}


def test_concurrent_appends_have_an_order_without_ties_or_gaps(tmp_path: Path) -> None:
    fresh = multiprocessing.get_context("spawn")
    writers = [fresh.Process(target=write_often, args=(tmp_path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    rows = Lake(tmp_path).scan(Images).sort("commit_version").collect()
    assert rows["commit_version"].to_list() == list(range(1, 3 * EACH + 1))
    for name in "abc":
        own = rows.filter(pl.col("name").str.starts_with(name))["name"].to_list()
        assert own == [f"{name} {number}" for number in range(EACH)]
    assert Lake(tmp_path).read(Images)["name"].to_list() == rows["name"].to_list()[-1:]


def test_a_commit_onto_an_older_version_fails(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Images: [an_image("a")]})
    before = lake.delta("images").open()
    append_named(lake, "meanwhile")
    assert before is not None
    assert not before.append(lake.read(Images))
    assert lake.scan(Images).collect().height == 2


def test_rows_without_a_commit_version_come_first_in_order_of_time(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    stamp = datetime(2099, 1, 1, tzinfo=UTC)  # an old lake, written by a clock that was ahead
    rows = [
        {**an_image("a", name=name), "step_key": "k", "written_at": stamp + timedelta(days=days)}
        for name, days in (("older", 0), ("oldest", -1), ("old", 1))
    ]
    old_table(lake, rows)
    assert lake.read(Images)["name"].to_list() == ["old"]
    append_named(lake, "new")
    assert lake.read(Images)["name"].to_list() == ["new"]
    ordered = lake.scan(Images).sort(order(dtypes(Images))).collect()
    assert ordered["name"].to_list() == ["oldest", "older", "old", "new"]
    assert ordered["commit_version"].to_list() == [None, None, None, 2]
    append_named(lake, "newer")
    assert lake.read(Images)["name"].to_list() == ["newer"]


def test_rows_that_lack_a_nested_field_are_read_and_appended_to(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    lineage = pl.List(pl.Struct({"start_char": pl.Int64, "end_char": pl.Int64, "kind": pl.String}))
    old = {
        **{name: kind for name, kind in dtypes(Reviews).items() if name not in STAMPED},
        "lineage": lineage,
    }
    row = {
        "step_key": "k",
        "caption_id": "cap_0000000000000000",
        "image_id": img(),
        "decision": "accept",
        "reviewer": "auto",
        "automatic": True,
        "reasons": [],
        "text": "a",
        "lineage": [{"start_char": 0, "end_char": 1, "kind": "spoken"}],
    }
    pl.DataFrame([row], schema=old).write_delta(lake.location.table("reviews"))
    assert lake.scan(Reviews).collect()["lineage"][0][0]["start_ms"] is None
    newer = {**row, "caption_id": "cap_0000000000000001", "lineage": []}
    assert lake.append(Reviews, frame(Reviews, [newer])).is_empty()
    assert lake.scan(Reviews).collect().height == 2


def test_two_rows_with_the_same_key_in_one_commit_are_rejected(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = [an_image("a", name="one"), an_image("a", name="other"), an_image("b")]
    broken = lake.append(Images, frame(Images, rows))
    assert broken["broken"].to_list() == ["primary_key", "primary_key"]
    assert lake.read(Images)["name"].to_list() == ["b.jpg"]


def test_appending_no_rows_creates_no_table(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Quarantine: []})
    assert lake.delta("quarantine").open() is None


def test_new_files_contain_only_new_rows(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Images: [an_image("a")]})
    before = lake.delta("images").open()
    append_named(lake, "later")
    after = lake.delta("images").open()
    assert before is not None
    assert after is not None
    assert after.scan(after.files - before.files).collect()["name"].to_list() == ["later"]
    assert after.scan(after.files - after.files).collect().is_empty()

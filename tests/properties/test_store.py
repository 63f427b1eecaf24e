"""Properties of the store, for any clock and any faults in a step's items."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.execution.runner import run_step
from annotate.execution.step import Outcome
from annotate.model.tables import Images, Traces, content_frame
from annotate.model.unexpected import REASON
from annotate.store import lake as lake_module
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img, rec
from tests.unit.store.painting import PaintStep, painted

NAMES = "abcdefghijkl"


def fails() -> None:
    raise ValueError("no")


def panics() -> None:
    raise pl.exceptions.PanicException("a stub of a panic in Rust code")


def breaks(**over: Any) -> Callable[[str], Outcome]:
    return lambda name: painted(img(name), **over)


def is_untyped(name: str) -> Outcome:
    rows = painted(img(name)).rows
    assert rows is not None
    return Outcome(rows=rows.with_columns(bytes=pl.lit("many")))


def has_a_broken_trace(name: str) -> Outcome:
    point = {"x_frac": 0.5, "y_frac": 0.5, "t_ms": 10**19}
    row = {"recording_id": rec(name), "segments": [], "points": [point]}
    before = ((Traces, content_frame(Traces, [row])),)
    return Outcome(rows=painted(img(name)).rows, before=before)


FAULTS: dict[str, tuple[Callable[[str], Any], str]] = {
    "fails": (lambda name: fails(), REASON),
    "panics": (lambda name: panics(), REASON),
    "is untyped": (is_untyped, REASON),
    "breaks a rule": (breaks(width=-1), "invalid_row"),
    "has a broken trace": (has_a_broken_trace, "invalid_row"),
}


class JumpingClock:
    """A wall clock that jumps by the next number of hours before each reading."""

    def __init__(self, hours: list[int]):
        self._moment = datetime(2026, 11, 1, tzinfo=UTC)
        self._hours = iter(hours)

    def now(self, _zone: object) -> datetime:
        self._moment += timedelta(hours=next(self._hours))
        return self._moment


@settings(max_examples=25, deadline=None)
@given(
    commits=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-50_000, 50_000)), min_size=1, max_size=8
    )
)
def test_the_row_committed_last_is_current_whatever_the_clock_does(
    commits: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lake_module, "datetime", JumpingClock([hours for _, hours in commits]))
        lake = Lake(Path(folder))
        for number, (name, _) in enumerate(commits):
            row = an_image(name, name=str(number))
            assert lake.append(Images, frame(Images, [row])).is_empty()
        newest = dict(lake.read(Images).select("image_id", "name").iter_rows())
        versions = lake.scan(Images).select("name", "commit_version").collect()
    assert newest == {img(name): str(number) for number, (name, _) in enumerate(commits)}
    ordered = versions.sort("commit_version")["name"].to_list()
    assert ordered == [str(number) for number in range(len(commits))]


@settings(max_examples=40, deadline=None)
@given(
    bad=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(sorted(FAULTS))),
    together=st.booleans(),
    shard_size=st.integers(1, len(NAMES)),
)
def test_every_item_is_written_or_rejected_for_its_own_error(
    bad: dict[str, str], together: bool, shard_size: int
) -> None:
    def error(name: str) -> Callable[[], Any]:
        return lambda: FAULTS[bad[name]][0](name)

    step = PaintStep(NAMES, {name: error(name) for name in bad}, together=together)
    step.shard_size = shard_size  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        report = run_step(step, lake)
        written = set(lake.read(Images)["image_id"])
        rejected = dict(lake.quarantined().select("item", "reason").iter_rows())
    assert written == {img(name) for name in NAMES if name not in bad}
    assert rejected == {img(name): FAULTS[kind][1] for name, kind in bad.items()}
    assert report.written == len(written)
    assert sum(report.quarantined.values()) == len(rejected)

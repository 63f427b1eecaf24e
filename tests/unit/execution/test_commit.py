"""Rows that break a rule, in any table, are rejected with the whole item."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.execution.commit import commit
from annotate.execution.runner import run_step
from annotate.execution.step import Outcome
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.tables import Images, Traces, Verdicts, content_frame
from annotate.model.unexpected import REASON, Streak
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img, rec
from tests.unit.store.painting import PaintStep, painted


def traced(image: str, t_ms: int = 1, **over: Any) -> Outcome:
    """An image with a trace that must be written before it."""
    point = {"x_frac": 0.5, "y_frac": 0.5, "t_ms": t_ms}
    row = {"recording_id": rec(image), "segments": [], "points": [point], **over}
    rows = painted(image).rows
    return Outcome(rows=rows, before=((Traces, content_frame(Traces, [row])),))


def test_a_broken_row_of_a_table_written_before_rejects_its_item(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    errors = {name: lambda name=name: traced(img(name), -1 if name == "b" else 1) for name in "abc"}
    report = run_step(PaintStep("abc", errors), lake)
    assert (report.written, report.quarantined) == (2, {"invalid_row": 1})
    (row,) = lake.quarantined().to_dicts()
    assert (row["item"], row["reason"]) == (img("b"), "invalid_row")
    assert "traces" in row["detail"]
    assert "points" in row["detail"]
    assert img("b") not in lake.read(Images)["image_id"].to_list()
    assert sorted(lake.read(Traces)["recording_id"]) == sorted([rec(img("a")), rec(img("c"))])


def test_a_valid_row_with_the_key_of_a_broken_one_is_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    shared = rec("shared")
    errors = {
        "a": lambda: traced(img("a"), -1, recording_id=shared),
        "b": lambda: traced(img("b"), 2, recording_id=shared),
        "c": lambda: traced(img("c"), 3, recording_id=shared),
    }
    report = run_step(PaintStep("abc", errors), lake)
    assert (report.written, report.quarantined) == (2, {"invalid_row": 1})
    assert lake.quarantined()["item"].to_list() == [img("a")]
    assert lake.read(Traces)["points"].to_list()[0][0]["t_ms"] == 2


def test_one_broken_row_of_several_rejects_the_whole_item(tmp_path: Path) -> None:
    class TwoVerdicts(PaintStep):
        """Two verdicts per item, like the checks; one of them may break a rule."""

        output = Verdicts  # type: ignore[assignment]
        id_column = "recording_id"

        def inputs(self, lake: Lake) -> pl.DataFrame:
            ids = [rec(name) for name in self.names]
            return pl.DataFrame({"recording_id": ids, "input_key": "same"})

        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            rows = [
                {**{"recording_id": one, "check": check, "status": "flag", "threshold": 0.0},
                 **{"value": 1.0, "detail": "", "reason": reason}}
                for one in shard["recording_id"]
                for check, reason in (("is_quiet", "quiet"), ("is_slow", "slow"))
            ]  # fmt: skip
            for row in rows:
                if row["recording_id"] == rec("b") and row["check"] == "is_slow":
                    row["reason"] = None
            yield Outcome(rows=content_frame(Verdicts, rows), items=shard.height)

    lake = Lake(tmp_path)
    report = run_step(TwoVerdicts("abc"), lake)
    assert (report.written, report.quarantined) == (2, {"invalid_row": 1})
    assert rec("b") not in lake.read(Verdicts)["recording_id"].to_list()
    assert lake.read(Verdicts).height == 4
    assert "doubt_has_a_reason" in lake.quarantined()["detail"].item()


def of_another_type() -> Outcome:
    rows = painted(img("b")).rows
    assert rows is not None
    return Outcome(rows=rows.with_columns(width=pl.lit("wide")))


def without_a_column() -> Outcome:
    rows = painted(img("b")).rows
    assert rows is not None
    return Outcome(rows=rows.drop("width"))


def with_a_list() -> Outcome:
    rows = painted(img("b")).rows
    assert rows is not None
    return Outcome(rows=rows.with_columns(width=pl.lit([1, 2])))


@pytest.mark.parametrize("odd", [of_another_type, without_a_column, with_a_list])
def test_rows_of_a_wrong_schema_reject_their_item(
    tmp_path: Path, odd: Callable[[], Outcome]
) -> None:
    lake = Lake(tmp_path)
    report = run_step(PaintStep("abcde", {"b": odd}), lake)
    assert (report.written, report.quarantined) == (4, {REASON: 1})
    assert lake.quarantined()["item"].to_list() == [img("b")]
    assert lake.read(Images).height == 4


def test_an_outcome_of_several_items_is_split(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), PaintStep("abc")
    rows = frame(Images, [an_image(name) for name in "abc"]).drop("step_key")
    keys = rows.select("image_id", step_key=pl.lit("k"))
    odd = pl.when(pl.col("image_id") == img("b")).then(pl.lit("no")).otherwise(pl.lit("7"))
    outcome = Outcome(rows=rows.with_columns(width=odd), items=3, audio_ms=900)
    report = commit(step, lake, [outcome], keys, Streak())
    assert (report.written, report.quarantined) == (2, {REASON: 1})
    assert lake.read(Images)["width"].to_list() == [7, 7]


def test_an_unwritable_lake_rejects_no_item(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where a folder should be")
    with pytest.raises(AnnotateError):
        run_step(PaintStep("abc"), Lake(tmp_path / "lake"))


def test_a_rejection_of_an_unplanned_item_is_stored(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    unplanned = Outcome(rejected=(Rejection(item="stray", reason="odd", detail="from nowhere"),))
    run_step(PaintStep("ab", {"a": lambda: unplanned}), lake)
    assert lake.quarantined()["item"].to_list() == ["stray"]


def test_add_raises_on_a_broken_row_and_writes_none(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match=r"images: img_\w+ breaks width\|min"):
        lake.add(Images, frame(Images, [an_image("a"), an_image("b", width=0)]))
    assert lake.read(Images).is_empty()

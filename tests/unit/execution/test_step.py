"""The contract of a step: no work is repeated, except for changed items."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.execution.leases import KEYS, Leases
from annotate.execution.planning import plan, remaining
from annotate.execution.runner import run_step
from annotate.execution.step import Outcome, Step
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.report import StepReport
from annotate.model.tables import Images, Quarantine
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img


class Paint(Step):
    """Writes a row per image, named after the parameter `colour`; rejects some."""

    name = "paint"
    output = Images
    id_column = "image_id"
    shard_size = 2

    def __init__(self, colour: str, names: str = "abc", reject: str = "", broken: str = ""):
        self.colour = colour
        self.names = names
        self.reject = {img(name) for name in reject}
        self.broken = {img(name) for name in broken}
        self.worked_on: list[str] = []

    def parameters(self) -> Mapping[str, Any]:
        return {"colour": self.colour}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        return pl.DataFrame({"image_id": [img(n) for n in self.names], "input_key": "same"})

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        for image in shard["image_id"]:
            self.worked_on.append(image)
            if image in self.reject:
                yield Outcome(rejected=(Rejection(item=image, reason="ugly", detail="is ugly"),))
                continue
            row = an_image(image_id=image, name=self.colour, width=0 if image in self.broken else 1)
            yield Outcome(rows=frame(Images, [row]).drop("step_key"), audio_ms=500)


class ExclusivePaint(Paint):
    """An exclusive step: concurrent workers share the items. An hour costs 36."""

    shard_size = 2048
    exclusive = True
    hour_price = 36.0
    loaded = 0

    def prepare(self) -> None:
        self.loaded += 1


def run(lake: Lake, step: Paint) -> StepReport:
    return run_step(step, lake)


def names(lake: Lake) -> list[str]:
    return lake.read(Images)["name"].to_list()


def test_a_first_run_does_everything(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    report = run(lake, Paint("red"))
    assert (report.rows_in, report.written, report.reused) == (3, 3, 0)
    assert report.audio_seconds == 1.5
    assert names(lake) == ["red"] * 3


def test_a_second_run_does_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red"))
    second = Paint("red")
    report = run(lake, second)
    assert second.worked_on == []
    assert (report.rows_in, report.written, report.reused) == (3, 0, 3)
    assert lake.scan(Images).collect().height == 3


def test_only_new_items_are_processed(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red", "ab"))
    more = Paint("red", "abcd")
    run(lake, more)
    assert sorted(more.worked_on) == sorted([img("c"), img("d")])


def test_a_changed_parameter_repeats_the_work(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red"))
    run(lake, Paint("blue"))
    assert names(lake) == ["blue"] * 3


def test_a_restored_parameter_restores_the_old_rows_without_work(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red"))
    run(lake, Paint("blue"))
    back = Paint("red")
    report = run(lake, back)
    assert back.worked_on == []
    assert (report.written, report.reused) == (0, 3)
    assert names(lake) == ["red"] * 3


def test_a_rejected_item_is_quarantined_once_and_others_are_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    report = run(lake, Paint("red", reject="b"))
    assert (report.written, report.quarantined) == (2, {"ugly": 1})
    second = Paint("red", reject="b")
    assert run(lake, second).quarantined == {"ugly": 1}
    assert second.worked_on == []
    (row,) = lake.quarantined().to_dicts()
    assert (row["step"], row["item"], row["reason"]) == ("paint", img("b"), "ugly")


def test_a_corrected_item_leaves_the_quarantine(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red", reject="b"))
    run(lake, Paint("blue"))
    assert lake.quarantined().is_empty()
    assert lake.scan(Quarantine).collect().height == 2  # the history stays


def test_a_row_that_breaks_the_schema_is_quarantined_with_the_rule(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    report = run(lake, Paint("red", broken="c"))
    assert (report.written, report.quarantined) == (2, {"invalid_row": 1})
    assert "width|min" in lake.quarantined()["detail"].item()


def test_a_plan_is_split_into_shards(tmp_path: Path) -> None:
    work = plan(Paint("red", "abcde"), Lake(tmp_path))
    assert [shard.height for shard in work.shards(2)] == [2, 2, 1]


def test_items_finished_before_a_crash_are_not_repeated(tmp_path: Path) -> None:
    lake = Lake(tmp_path)

    class Crashing(Paint):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
            if img("c") in shard["image_id"].to_list():
                raise KeyboardInterrupt
            return super().work(lake, shard)

    with pytest.raises(KeyboardInterrupt):
        run(lake, Crashing("red"))
    rest = Paint("red")
    run(lake, rest)
    assert rest.worked_on == [img("c")]
    assert names(lake) == ["red"] * 3


def test_progress_is_reported_per_item_and_sums_up_to_the_report(tmp_path: Path) -> None:
    reports: list[StepReport] = []
    report = run_step(Paint("red", reject="b", broken="c"), Lake(tmp_path), reports.append)
    total = sum(reports[1:], reports[0])
    assert (total.written, total.quarantined) == (1, {"ugly": 1, "invalid_row": 1})
    assert (total.written, total.quarantined) == (report.written, report.quarantined)
    settled = [sum(each.settled for each in reports[:upto]) for upto in range(1, len(reports) + 1)]
    assert sorted(set(settled)) == [0, 1, 2, 3]
    assert 0 < total.work_seconds <= report.work_seconds


def test_items_claimed_by_other_workers_are_skipped_without_loading(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), ExclusivePaint("red", "abc")
    claimed = plan(step, lake).todo.select(item="image_id", step_key="step_key")
    claims = Leases(lake, "paint", "other-0123abcd:1:1")
    assert claims.claim(claims.read(), claimed.select(KEYS))
    report = run(lake, step)
    assert (report.rows_in, report.written, report.elsewhere) == (3, 0, 3)
    assert (step.worked_on, step.loaded) == ([], 0)
    assert (
        run(lake, ExclusivePaint("blue", "abc")).written == 3
    )  # other parameters have other step keys


def test_a_single_worker_does_everything_and_releases_its_claims(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), ExclusivePaint("red", "abc", reject="b")
    report = run(lake, step)
    assert (report.written, report.elsewhere, report.quarantined) == (2, 0, {"ugly": 1})
    assert step.loaded == 1
    assert Leases(lake, "paint").read().claimed.is_empty()
    assert run(lake, ExclusivePaint("red", "abc", reject="b")).elsewhere == 0


def test_a_failed_load_releases_the_claims(tmp_path: Path) -> None:
    class Unloadable(ExclusivePaint):
        def prepare(self) -> None:
            raise RuntimeError("no such weights")

    with pytest.raises(RuntimeError):
        run(Lake(tmp_path), Unloadable("red"))
    assert Leases(Lake(tmp_path), "paint").read().claimed.is_empty()


def test_the_cost_is_that_of_the_work(tmp_path: Path) -> None:
    report = run(Lake(tmp_path), ExclusivePaint("red"))
    assert report.cost == pytest.approx(report.work_seconds / 100)
    assert run(Lake(tmp_path), ExclusivePaint("red")).cost == 0
    assert run(Lake(tmp_path / "free"), Paint("red")).cost is None


def test_remaining_items_are_neither_written_nor_rejected(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), Paint("red", "abc")
    shard = plan(step, lake).todo
    run(lake, Paint("blue", "abc", reject="c"))
    run(lake, Paint("red", "ab", reject="b"))
    assert remaining(step, lake, shard)["image_id"].to_list() == [img("c")]


class FailsAfterTwo(Paint):
    """Raises `AnnotateError` after two images."""

    shard_size = 3

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        yield from list(super().work(lake, shard))[:2]
        raise AnnotateError("no paint left: buy some")


def test_items_finished_before_an_error_are_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match="no paint left"):
        run_step(FailsAfterTwo("red"), lake)
    assert lake.read(Images).height == 2
    assert run_step(Paint("red"), lake).written == 1

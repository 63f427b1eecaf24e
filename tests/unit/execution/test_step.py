"""The step contract: nothing is done twice, and changed items are done again."""

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
    """Writes an image a name, in the colour that is its parameter; rejects some."""

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


class Shared(Paint):
    """An exclusive step: concurrent processes divide the items. An hour costs 36."""

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
    again = Paint("red")
    report = run(lake, again)
    assert again.worked_on == []
    assert (report.rows_in, report.written, report.reused) == (3, 0, 3)
    assert lake.scan(Images).collect().height == 3


def test_only_new_items_are_worked_on(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red", "ab"))
    more = Paint("red", "abcd")
    run(lake, more)
    assert sorted(more.worked_on) == sorted([img("c"), img("d")])


def test_another_parameter_does_it_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red"))
    run(lake, Paint("blue"))
    assert names(lake) == ["blue"] * 3


def test_going_back_brings_the_old_rows_to_the_front_without_work(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run(lake, Paint("red"))
    run(lake, Paint("blue"))
    back = Paint("red")
    report = run(lake, back)
    assert back.worked_on == []
    assert (report.written, report.reused) == (0, 3)
    assert names(lake) == ["red"] * 3


def test_a_rejected_item_is_quarantined_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    report = run(lake, Paint("red", reject="b"))
    assert (report.written, report.quarantined) == (2, {"ugly": 1})
    again = Paint("red", reject="b")
    assert run(lake, again).quarantined == {"ugly": 1}
    assert again.worked_on == []
    (row,) = lake.quarantined().to_dicts()
    assert (row["step"], row["item"], row["reason"]) == ("paint", img("b"), "ugly")


def test_an_item_that_is_well_again_leaves_the_quarantine(tmp_path: Path) -> None:
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


def test_a_plan_is_cut_into_shards(tmp_path: Path) -> None:
    work = plan(Paint("red", "abcde"), Lake(tmp_path))
    assert [shard.height for shard in work.shards(2)] == [2, 2, 1]


def test_what_is_finished_before_a_crash_stays_finished(tmp_path: Path) -> None:
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


def test_progress_is_reported_item_by_item_and_adds_up_to_the_report(tmp_path: Path) -> None:
    reports: list[StepReport] = []
    report = run_step(Paint("red", reject="b", broken="c"), Lake(tmp_path), reports.append)
    total = sum(reports[1:], reports[0])
    assert (total.written, total.quarantined) == (1, {"ugly": 1, "invalid_row": 1})
    assert (total.written, total.quarantined) == (report.written, report.quarantined)
    settled = [sum(each.settled for each in reports[:upto]) for upto in range(1, len(reports) + 1)]
    assert sorted(set(settled)) == [0, 1, 2, 3]
    assert 0 < total.work_seconds <= report.work_seconds


def test_what_others_hold_is_elsewhere_and_nothing_is_loaded_for_it(tmp_path: Path) -> None:
    lake, mine = Lake(tmp_path), Shared("red", "abc")
    theirs = plan(mine, lake).todo.select(item="image_id", step_key="step_key")
    claims = Leases(lake, "paint", "elsewhere-0123abcd:1:1")
    assert claims.claim(claims.read(), theirs.select(KEYS))
    report = run(lake, mine)
    assert (report.rows_in, report.written, report.elsewhere) == (3, 0, 3)
    assert (mine.worked_on, mine.loaded) == ([], 0)
    assert run(lake, Shared("blue", "abc")).written == 3  # other settings are other work


def test_an_exclusive_step_does_all_when_alone_and_leaves_nothing_claimed(tmp_path: Path) -> None:
    lake, alone = Lake(tmp_path), Shared("red", "abc", reject="b")
    report = run(lake, alone)
    assert (report.written, report.elsewhere, report.quarantined) == (2, 0, {"ugly": 1})
    assert alone.loaded == 1
    assert Leases(lake, "paint").read().claimed.is_empty()
    assert run(lake, Shared("red", "abc", reject="b")).elsewhere == 0


def test_work_that_fails_to_load_leaves_nothing_claimed(tmp_path: Path) -> None:
    class Unloadable(Shared):
        def prepare(self) -> None:
            raise RuntimeError("no such weights")

    with pytest.raises(RuntimeError):
        run(Lake(tmp_path), Unloadable("red"))
    assert Leases(Lake(tmp_path), "paint").read().claimed.is_empty()


def test_work_has_its_price(tmp_path: Path) -> None:
    report = run(Lake(tmp_path), Shared("red"))
    assert report.cost == pytest.approx(report.work_seconds / 100)
    assert run(Lake(tmp_path), Shared("red")).cost == 0
    assert run(Lake(tmp_path / "free"), Paint("red")).cost is None


def test_of_a_shard_remains_what_is_neither_written_nor_rejected(tmp_path: Path) -> None:
    lake, step = Lake(tmp_path), Paint("red", "abc")
    shard = plan(step, lake).todo
    run(lake, Paint("blue", "abc", reject="c"))
    run(lake, Paint("red", "ab", reject="b"))
    assert remaining(step, lake, shard)["image_id"].to_list() == [img("c")]


class RunsDry(Paint):
    """Raises `AnnotateError` after two images."""

    shard_size = 3

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        yield from list(super().work(lake, shard))[:2]
        raise AnnotateError("no paint left: buy some")


def test_what_was_finished_before_a_step_gave_up_is_kept(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match="no paint left"):
        run_step(RunsDry("red"), lake)
    assert lake.read(Images).height == 2
    assert run_step(Paint("red"), lake).written == 1

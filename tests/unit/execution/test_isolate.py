"""An unexpected error rejects only the item that causes it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate.execution.runner import run_step
from annotate.model import unexpected
from annotate.model.errors import AnnotateError
from annotate.model.tables import Images
from annotate.model.unexpected import IN_A_ROW, REASON, is_unexpected
from annotate.store.lake import Lake
from tests.builders import img
from tests.unit.store.painting import PaintStep, painted

NAMES = "abcdefgh"


def divide() -> float:
    return 1 / 0


def recurse() -> Any:
    return recurse()


def take_all_memory() -> bytearray:
    return bytearray(2**62)


def overflow() -> bytes:
    return (10**30).to_bytes(8, "big")


def panic() -> None:
    raise pl.exceptions.PanicException("index out of bounds: a stub of a panic in Rust code")


def fail_to_decode() -> str:
    return b"\xff".decode("utf-8")


def give_an_outcome_s_place_to_nothing() -> None:
    return None


FAILURES = {
    divide: "ZeroDivisionError",
    recurse: "RecursionError",
    take_all_memory: "MemoryError",
    overflow: "OverflowError",
    panic: "PanicException",
    fail_to_decode: "UnicodeDecodeError",
    give_an_outcome_s_place_to_nothing: "AssertionError",
}


def names(lake: Lake) -> list[str]:
    return lake.read(Images)["image_id"].to_list()


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(("failure", "name"), FAILURES.items())
def test_the_item_alone_is_rejected_with_the_exception_s_name(
    tmp_path: Path, failure: Callable[[], Any], name: str, together: bool
) -> None:
    lake = Lake(tmp_path)
    report = run_step(PaintStep(NAMES, {"c": failure}, together=together), lake)
    assert (report.written, report.quarantined) == (len(NAMES) - 1, {REASON: 1})
    (row,) = lake.quarantined().to_dicts()
    assert (row["step"], row["item"], row["reason"]) == ("painting", img("c"), REASON)
    assert row["detail"].startswith(name)
    assert "--retry-refused" in row["detail"]
    assert sorted(names(lake)) == sorted(img(one) for one in NAMES if one != "c")


def test_what_was_done_before_the_error_is_not_done_again(tmp_path: Path) -> None:
    step = PaintStep(NAMES, {"e": divide})
    run_step(step, Lake(tmp_path))
    first, *later = step.calls
    assert first == [img(name) for name in NAMES]
    again = {image for call in later for image in call}
    assert again == {img(name) for name in "efgh"}


def test_the_culprit_among_many_is_found_in_few_calls(tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 256)))
    step = PaintStep(many, {many[100]: divide}, together=True)
    step.shard_size = 256  # type: ignore[misc]
    report = run_step(step, Lake(tmp_path))
    assert (report.written, report.quarantined) == (255, {REASON: 1})
    assert len(step.calls) <= 1 + 2 * 8


def test_an_error_before_the_first_item_rejects_all_and_stops_nothing(tmp_path: Path) -> None:
    class Unable(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            raise ValueError("no canvas")

    lake = Lake(tmp_path)
    assert run_step(Unable("abc"), lake).quarantined == {REASON: 3}
    assert set(lake.quarantined()["item"]) == {img(name) for name in "abc"}


def test_an_item_that_fails_among_others_only_comes_through_alone(tmp_path: Path) -> None:
    class Crowded(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            if shard.height > 1 and img("c") in shard["image_id"].to_list():
                raise MemoryError
            return super().work(lake, shard)

    assert run_step(Crowded(NAMES), Lake(tmp_path)).written == len(NAMES)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_meant_to_end_a_program_ends_it(
    tmp_path: Path, ending: type[BaseException]
) -> None:
    def end() -> None:
        raise ending

    lake = Lake(tmp_path)
    with pytest.raises(ending):
        run_step(PaintStep(NAMES, {"c": end}), lake)
    assert lake.quarantined().is_empty()


def test_a_mistake_that_the_user_can_mend_is_nobody_s_rejection(tmp_path: Path) -> None:
    def give_up() -> None:
        raise AnnotateError("no paint left: buy some")

    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match="no paint left"):
        run_step(PaintStep(NAMES, {"c": give_up}), lake)
    assert lake.quarantined().is_empty()
    assert sorted(names(lake)) == sorted([img("a"), img("b")])
    assert not is_unexpected(AnnotateError("x"))


def test_a_error_that_every_item_meets_stops_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unexpected, "IN_A_ROW", 5)
    lake, names = Lake(tmp_path), "abcdefghijklmnopqrstuvwxyz"
    step = PaintStep(names, dict.fromkeys(names, divide))
    step.shard_size = 3  # type: ignore[misc]  # the items of several shards are one row
    with pytest.raises(AnnotateError, match="5 items in a row ended in ZeroDivisionError"):
        run_step(step, lake)
    assert lake.quarantined()["item"].to_list() == sorted(img(name) for name in names[:5])
    report = run_step(PaintStep(names), lake)
    assert (report.written, report.quarantined) == (21, {REASON: 5})
    patient = PaintStep(names)
    patient.retry_refused = True
    assert run_step(patient, lake).written == 5


def test_errors_of_different_kinds_or_with_items_done_between_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unexpected, "IN_A_ROW", 2)
    errors = {"a": divide, "b": fail_to_decode, "c": divide, "e": divide, "f": overflow}
    report = run_step(PaintStep(NAMES, errors), Lake(tmp_path))
    assert (report.written, report.quarantined) == (3, {REASON: 5})


def test_a_hundred_bad_items_less_one_stop_nothing(tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + IN_A_ROW)))
    step = PaintStep(many, dict.fromkeys(many[:-1], divide))
    step.shard_size = 256  # type: ignore[misc]
    assert run_step(step, Lake(tmp_path)).quarantined == {REASON: IN_A_ROW - 1}


def test_a_rejected_item_is_left_alone_until_it_is_requested_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_step(PaintStep("abc", {"b": divide}), lake)
    again = PaintStep("abc")
    assert run_step(again, lake).quarantined == {REASON: 1}
    assert again.calls == []
    patient = PaintStep("abc", {"b": divide})
    patient.retry_refused = True
    assert run_step(patient, lake).quarantined == {REASON: 1}
    assert patient.calls == [[img("b")]]
    mended = PaintStep("abc")
    mended.retry_refused = True
    report = run_step(mended, lake)
    assert (report.rows_in, report.reused, report.written) == (3, 2, 1)
    assert lake.quarantined().is_empty()


def test_requesting_again_leaves_what_the_plan_doesn_t_know_in_quarantine(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_step(PaintStep("abc", {"b": divide}), lake)
    other = PaintStep("xyz")
    other.retry_refused = True
    run_step(other, lake)
    assert lake.quarantined()["item"].to_list() == [img("b")]


def test_the_traceback_goes_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="annotate"):
        run_step(PaintStep("abc", {"b": divide}), Lake(tmp_path))
    (record,) = (one for one in caplog.records if img("b") in one.getMessage())
    assert record.levelno == logging.DEBUG
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


def test_an_outcome_is_done_even_if_the_step_fails_after_it(tmp_path: Path) -> None:
    class Untidy(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            yield from super().work(lake, shard)
            raise ValueError("can't close the paint box")

    lake = Lake(tmp_path)
    report = run_step(Untidy("abc"), lake)
    assert (report.written, report.quarantined) == (3, {})
    assert painted(img("a")).rows is not None

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


def return_no_outcome() -> None:
    return None


FAILURES = {
    divide: "ZeroDivisionError",
    recurse: "RecursionError",
    take_all_memory: "MemoryError",
    overflow: "OverflowError",
    panic: "PanicException",
    fail_to_decode: "UnicodeDecodeError",
    return_no_outcome: "AssertionError",
}


def names(lake: Lake) -> list[str]:
    return lake.read(Images)["image_id"].to_list()


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(("failure", "name"), FAILURES.items())
def test_only_the_failing_item_is_rejected_with_the_exceptions_name(
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


def test_items_done_before_the_error_are_not_repeated(tmp_path: Path) -> None:
    step = PaintStep(NAMES, {"e": divide})
    run_step(step, Lake(tmp_path))
    first, *later = step.calls
    assert first == [img(name) for name in NAMES]
    repeated = {image for call in later for image in call}
    assert repeated == {img(name) for name in "efgh"}


def test_the_failing_item_among_many_is_found_by_bisection(tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 256)))
    step = PaintStep(many, {many[100]: divide}, together=True)
    step.shard_size = 256  # type: ignore[misc]
    report = run_step(step, Lake(tmp_path))
    assert (report.written, report.quarantined) == (255, {REASON: 1})
    assert len(step.calls) <= 1 + 2 * 8


def test_an_error_before_the_first_item_rejects_the_whole_shard(tmp_path: Path) -> None:
    class FailsAtOnce(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            raise ValueError("no input")

    lake = Lake(tmp_path)
    assert run_step(FailsAtOnce("abc"), lake).quarantined == {REASON: 3}
    assert set(lake.quarantined()["item"]) == {img(name) for name in "abc"}


def test_an_item_that_fails_only_in_a_shard_is_done_alone(tmp_path: Path) -> None:
    class FailsInShard(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            if shard.height > 1 and img("c") in shard["image_id"].to_list():
                raise MemoryError
            return super().work(lake, shard)

    assert run_step(FailsInShard(NAMES), Lake(tmp_path)).written == len(NAMES)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_interruptions_are_not_caught(tmp_path: Path, ending: type[BaseException]) -> None:
    def end() -> None:
        raise ending

    lake = Lake(tmp_path)
    with pytest.raises(ending):
        run_step(PaintStep(NAMES, {"c": end}), lake)
    assert lake.quarantined().is_empty()


def test_an_annotate_error_stops_the_step_and_rejects_no_item(tmp_path: Path) -> None:
    def give_up() -> None:
        raise AnnotateError("no paint left: buy some")

    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match="no paint left"):
        run_step(PaintStep(NAMES, {"c": give_up}), lake)
    assert lake.quarantined().is_empty()
    assert sorted(names(lake)) == sorted([img("a"), img("b")])
    assert not is_unexpected(AnnotateError("x"))


def test_an_error_of_every_item_stops_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unexpected, "IN_A_ROW", 5)
    lake, names = Lake(tmp_path), "abcdefghijklmnopqrstuvwxyz"
    step = PaintStep(names, dict.fromkeys(names, divide))
    step.shard_size = 3  # type: ignore[misc]  # the count continues across shards
    with pytest.raises(AnnotateError, match="5 items in a row ended in ZeroDivisionError"):
        run_step(step, lake)
    assert lake.quarantined()["item"].to_list() == sorted(img(name) for name in names[:5])
    report = run_step(PaintStep(names), lake)
    assert (report.written, report.quarantined) == (21, {REASON: 5})
    retrying = PaintStep(names)
    retrying.retry_refused = True
    assert run_step(retrying, lake).written == 5


def test_errors_that_differ_or_alternate_with_successes_do_not_stop_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unexpected, "IN_A_ROW", 2)
    errors = {"a": divide, "b": fail_to_decode, "c": divide, "e": divide, "f": overflow}
    report = run_step(PaintStep(NAMES, errors), Lake(tmp_path))
    assert (report.written, report.quarantined) == (3, {REASON: 5})


def test_fewer_errors_in_a_row_than_the_limit_do_not_stop_the_step(tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + IN_A_ROW)))
    step = PaintStep(many, dict.fromkeys(many[:-1], divide))
    step.shard_size = 256  # type: ignore[misc]
    assert run_step(step, Lake(tmp_path)).quarantined == {REASON: IN_A_ROW - 1}


def test_a_rejected_item_is_skipped_until_a_retry(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_step(PaintStep("abc", {"b": divide}), lake)
    second = PaintStep("abc")
    assert run_step(second, lake).quarantined == {REASON: 1}
    assert second.calls == []
    retrying = PaintStep("abc", {"b": divide})
    retrying.retry_refused = True
    assert run_step(retrying, lake).quarantined == {REASON: 1}
    assert retrying.calls == [[img("b")]]
    corrected = PaintStep("abc")
    corrected.retry_refused = True
    report = run_step(corrected, lake)
    assert (report.rows_in, report.reused, report.written) == (3, 2, 1)
    assert lake.quarantined().is_empty()


def test_a_retry_leaves_unplanned_items_in_quarantine(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    run_step(PaintStep("abc", {"b": divide}), lake)
    other = PaintStep("xyz")
    other.retry_refused = True
    run_step(other, lake)
    assert lake.quarantined()["item"].to_list() == [img("b")]


def test_the_traceback_is_only_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="annotate"):
        run_step(PaintStep("abc", {"b": divide}), Lake(tmp_path))
    (record,) = (one for one in caplog.records if img("b") in one.getMessage())
    assert record.levelno == logging.DEBUG
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


def test_outcomes_before_an_error_at_the_end_are_written(tmp_path: Path) -> None:
    class FailsAtEnd(PaintStep):
        def work(self, lake: Lake, shard: pl.DataFrame) -> Any:
            yield from super().work(lake, shard)
            raise ValueError("an error at the end")

    lake = Lake(tmp_path)
    report = run_step(FailsAtEnd("abc"), lake)
    assert (report.written, report.quarantined) == (3, {})
    assert painted(img("a")).rows is not None

"""The lake stores every row ever written and returns the newest for each key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Images, Recordings, Table, Verdicts, dtypes
from annotate.store.lake import Lake, content
from tests.builders import a_recording, an_image, frame, lake_with, rec


def a_verdict(**over: object) -> dict[str, object]:
    verdict = {"recording_id": rec(), "check": "is_silent", "status": "pass", "value": -20.0}
    return {**verdict, "threshold": -60.0, "reason": None, "detail": "", **over}


def test_an_unwritten_table_is_empty_and_has_its_columns(tmp_path: Path) -> None:
    empty = Lake(tmp_path).read(Recordings)
    assert empty.is_empty()
    assert dict(empty.schema) == dtypes(Recordings)


def test_the_newest_row_for_a_key_is_returned(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Images: [an_image("a", name="old.jpg"), an_image("b")]})
    lake.append(Images, frame(Images, [an_image("a", name="new.jpg", step_key="later")]))
    assert sorted(lake.read(Images)["name"]) == ["b.jpg", "new.jpg"]
    assert lake.scan(Images).collect().height == 3
    assert lake.counts()["images"] == 2


def test_current_rows_can_be_limited_to_some_keys(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Verdicts: [a_verdict(), a_verdict(check="is_clipped")]})
    only = pl.DataFrame({"recording_id": [rec()]})
    assert lake.current(Verdicts, only=only).collect().height == 2
    unknown = pl.DataFrame({"recording_id": [rec("b")]})
    assert lake.current(Verdicts, only=unknown).collect().is_empty()


def test_rows_that_break_a_rule_are_not_written_and_the_rule_is_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = [a_recording("a"), a_recording("b", duration_ms=0), a_recording("c", sha256="no")]
    broken = lake.append(Recordings, frame(Recordings, rows))
    assert lake.read(Recordings)["recording_id"].to_list() == [rec("a")]
    assert dict(broken.select("recording_id", "broken").iter_rows()) == {
        rec("b"): "duration_ms|min",
        rec("c"): "sha256|regex, clean_sha256|regex",
    }


@pytest.mark.parametrize(
    ("status", "reason", "valid"),
    [("pass", None, True), ("flag", "silent", True), ("flag", None, False), ("pass", "x", False)],
)
def test_a_verdict_has_a_reason_unless_it_is_pass(
    tmp_path: Path, status: str, reason: str | None, valid: bool
) -> None:
    row = a_verdict(status=status, reason=reason)
    assert Lake(tmp_path).append(Verdicts, frame(Verdicts, [row])).is_empty() is valid


def test_content_excludes_the_time_of_writing(tmp_path: Path) -> None:
    first = lake_with(tmp_path / "a", {Images: [an_image("a"), an_image("b")]})
    second = lake_with(tmp_path / "b", {Images: [an_image("b")]})
    assert content(first, Images) != content(second, Images)
    second.append(Images, frame(Images, [an_image("a")]))
    assert content(first, Images) == content(second, Images)


def test_an_unwritable_lake_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(AnnotateError, match="cannot write"):
        Lake(tmp_path / "file" / "lake").blobs.put("audio", b"x", "webm")


def test_every_table_has_a_key() -> None:
    assert all(table.primary_key() for table in Table.__subclasses__())


def test_concurrent_first_writes_of_a_table_succeed(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def write(name: str) -> None:
        barrier.wait()
        Lake(tmp_path).append(Images, frame(Images, [an_image(name)]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert Lake(tmp_path).read(Images).height == 4

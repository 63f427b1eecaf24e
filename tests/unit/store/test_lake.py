"""The lake keeps every row ever written and returns the newest for each key."""

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


def test_a_table_that_was_never_written_is_empty_and_has_its_columns(tmp_path: Path) -> None:
    empty = Lake(tmp_path).read(Recordings)
    assert empty.is_empty()
    assert dict(empty.schema) == dtypes(Recordings)


def test_the_newest_row_for_a_key_holds(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Images: [an_image("a", name="old.jpg"), an_image("b")]})
    lake.append(Images, frame(Images, [an_image("a", name="new.jpg", step_key="later")]))
    assert sorted(lake.read(Images)["name"]) == ["b.jpg", "new.jpg"]
    assert lake.scan(Images).collect().height == 3
    assert lake.counts()["images"] == 2


def test_current_rows_of_some_keys_only(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {Verdicts: [a_verdict(), a_verdict(check="is_clipped")]})
    only = pl.DataFrame({"recording_id": [rec()]})
    assert lake.current(Verdicts, only=only).collect().height == 2
    nobody = pl.DataFrame({"recording_id": [rec("b")]})
    assert lake.current(Verdicts, only=nobody).collect().is_empty()


def test_rows_that_break_a_rule_stay_out_and_say_which(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    rows = [a_recording("a"), a_recording("b", duration_ms=0), a_recording("c", sha256="no")]
    broken = lake.append(Recordings, frame(Recordings, rows))
    assert lake.read(Recordings)["recording_id"].to_list() == [rec("a")]
    assert dict(broken.select("recording_id", "broken").iter_rows()) == {
        rec("b"): "duration_ms|min",
        rec("c"): "sha256|regex, clean_sha256|regex",
    }


@pytest.mark.parametrize(
    ("status", "reason", "sound"),
    [("pass", None, True), ("flag", "silent", True), ("flag", None, False), ("pass", "x", False)],
)
def test_exactly_doubt_has_a_reason(
    tmp_path: Path, status: str, reason: str | None, sound: bool
) -> None:
    row = a_verdict(status=status, reason=reason)
    assert Lake(tmp_path).append(Verdicts, frame(Verdicts, [row])).is_empty() is sound


def test_content_leaves_out_when_a_row_was_written(tmp_path: Path) -> None:
    first = lake_with(tmp_path / "a", {Images: [an_image("a"), an_image("b")]})
    second = lake_with(tmp_path / "b", {Images: [an_image("b")]})
    assert content(first, Images) != content(second, Images)
    second.append(Images, frame(Images, [an_image("a")]))
    assert content(first, Images) == content(second, Images)


def test_a_lake_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(AnnotateError, match="cannot write"):
        Lake(tmp_path / "file" / "lake").blobs.put("audio", b"x", "webm")


def test_every_table_has_a_key() -> None:
    assert all(table.primary_key() for table in Table.__subclasses__())


def test_several_may_be_the_first_to_write_a_table(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def write(name: str) -> None:
        together.wait()
        Lake(tmp_path).append(Images, frame(Images, [an_image(name)]))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, "abcd"))
    assert Lake(tmp_path).read(Images).height == 4

"""Names of folders in the lake are unique and valid."""

import os
from pathlib import Path

import pytest

from annotate.execution.runner import run_step
from annotate.ingest.naming import checked_name, default_name
from annotate.ingest.step import Ingest
from annotate.model.errors import AnnotateError
from annotate.model.tables import Consents, Recordings
from annotate.pipeline import Named, named
from annotate.store.lake import Lake
from tests.unit.ingest.test_ingest import KEY, a_row, a_source, ingest, rejected

INTERNAL = {"scope": "internal", "at": "2026-11-01", "statement": "v1"}


def test_folders_with_the_same_name_get_different_names() -> None:
    first, second = default_name(Path("/monday/camera")), default_name(Path("/tuesday/camera"))
    assert first != second
    assert first.startswith("camera-")
    assert default_name(Path("/monday/camera")) == first


@pytest.mark.parametrize("name", ["", "label-studio", "...", "صور", "a/b", "\udcff", "x" * 255])
def test_any_folder_has_a_valid_default_name(name: str) -> None:
    found = default_name(Path("/data") / name)
    assert found.encode()
    assert "/" not in found
    assert len(found) <= 49
    assert not found.startswith("label-studio/")


@pytest.mark.parametrize(
    "name", ["", ".", "a/b", "-x", "label-studio", "a b", "x" * 65, "é", "a\n"]
)
def test_an_invalid_name_is_an_error(name: str) -> None:
    with pytest.raises(AnnotateError, match="--name"):
        checked_name(name)


def test_the_option_name_requires_a_single_folder() -> None:
    assert named(["a"], "camera1") == [Named(Path("a"), "camera1")]
    assert named(["a", "b"], None) == ["a", "b"]
    for sources in (["a", "b"], [], ["label-studio://3"]):
        with pytest.raises(AnnotateError, match="one folder"):
            named(sources, "camera1")


def test_two_folders_with_the_same_name_have_separate_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    first = a_source(tmp_path / "monday" / "camera", a_row(consent=INTERNAL))
    second = a_source(tmp_path / "tuesday" / "camera", a_row(annotator="ann-02"))
    (second / "a.wav").write_bytes((second / "a.wav").read_bytes() + b"\0\0")
    for source in (first, second):
        run_step(Ingest(source, pseudonym_key=KEY), lake)
    rows = lake.read(Consents)
    assert sorted(rows["scope"]) == ["internal", "public"]
    assert rows["source"].n_unique() == lake.read(Recordings)["source"].n_unique() == 2


def test_a_moved_folder_can_continue_under_its_old_name(tmp_path: Path) -> None:
    lake, source = Lake(tmp_path / "lake"), a_source(tmp_path / "src")
    ingest(lake, source)
    os.rename(source, tmp_path / "moved")
    assert run_step(Ingest(tmp_path / "moved", pseudonym_key=KEY), lake).quarantined == {
        "duplicate_audio": 1
    }
    assert "--name" in lake.quarantined()["detail"][0]
    report = run_step(Ingest(tmp_path / "moved", name="src", pseudonym_key=KEY), lake)
    assert (report.reused, report.quarantined) == (1, {})
    assert rejected(lake) == {}, "rejections under the name of the new path are resolved"


def test_a_recording_named_like_an_unreadable_line_does_not_replace_it(tmp_path: Path) -> None:
    source = a_source(tmp_path / "camera", a_row(), "{broken", a_row(recording="manifest.jsonl:2"))
    report = ingest(Lake(tmp_path / "lake"), source)
    assert report.rows_in == 3
    assert report.quarantined == {"invalid_row": 2}

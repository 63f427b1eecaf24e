from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.model.tables import Consents, Recordings, Releases
from annotate.release import folder as folders
from annotate.release.create import create
from annotate.release.options import ReleaseOptions
from annotate.release.verify import verify
from annotate.store.lake import Lake
from tests.builders import a_consent, frame, without_table
from tests.release_builders import a_lake, put_image, tree

OPTIONS = ReleaseOptions(prefix="test")


def test_a_release_is_complete_and_recorded_in_the_lake(tmp_path: Path) -> None:
    lake = a_lake(tmp_path)
    release = create(lake, "v1", OPTIONS)
    root = Path(release.path)
    assert root == tmp_path / "releases" / "v1"
    assert verify(root) == ()
    assert {path.name for path in root.iterdir()} == {
        *("README.md", "audio", "data", "images", "index.html", "manifest.json", "narrations")
    }
    assert release.counts["images"] == 3
    assert release.counts["grounded_words"] == 6
    assert not release.reused
    row = lake.read(Releases).row(0, named=True)
    assert (row["version"], row["content_sha256"]) == ("v1", release.content_sha256)
    assert row["release_sha256"] == release.release_sha256 is not None
    assert [row[name] for name in ("captions", "images", "recordings", "words")] == [3, 3, 3, 12]


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    lake = a_lake(tmp_path)
    first = create(lake, None, OPTIONS)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    second = create(lake, None, OPTIONS)
    assert second.reused
    assert second.version == first.version == f"test-{first.content_sha256[:8]}"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_equal_lakes_give_equal_bytes(tmp_path: Path) -> None:
    one, two = a_lake(tmp_path / "1"), Lake(tmp_path / "2")
    for index in (2, 0, 1):
        put_image(two, index)
    assert tree(Path(create(one, "v1", OPTIONS).path)) == tree(
        Path(create(two, "v1", OPTIONS).path)
    )


def test_changed_content_requires_another_version(tmp_path: Path) -> None:
    lake = a_lake(tmp_path)
    before = tree(Path(create(lake, "v1", OPTIONS).path))
    put_image(lake, 7)
    with pytest.raises(AnnotateError, match="choose another version"):
        create(lake, "v1", OPTIONS)
    assert tree(tmp_path / "releases" / "v1") == before
    assert create(lake, "v2", OPTIONS).counts["images"] == 4


def test_a_changed_licence_requires_another_version(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    create(lake, "v1", OPTIONS)
    with pytest.raises(AnnotateError, match="choose another version"):
        create(lake, "v1", ReleaseOptions(license="cc0-1.0"))


def test_a_lost_folder_is_built_again(tmp_path: Path) -> None:
    lake = a_lake(tmp_path)
    root = Path(create(lake, "v1", OPTIONS).path)
    before = tree(root)
    root.rename(tmp_path / "lost")
    assert not create(lake, "v1", OPTIONS).reused
    assert tree(root) == before
    assert lake.scan(Releases).collect().height == 1


@pytest.fixture(scope="module")
def complete_release(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of an uninterrupted release of one image."""
    lake = a_lake(tmp_path_factory.mktemp("whole"), 1)
    return tree(Path(create(lake, "v1", OPTIONS).path))


class KilledError(BaseException):
    pass


def kill(*_: object) -> None:
    raise KilledError


@pytest.mark.parametrize("writes", range(7))
def test_a_run_killed_at_any_write_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, complete_release: dict[str, bytes], writes: int
) -> None:
    lake = a_lake(tmp_path / "lake", 1)
    real, done = folders.ReleaseFolder.write, []

    def write(self: folders.ReleaseFolder, path: str, data: bytes) -> folders.File:
        if len(done) == writes:
            half = Path(f"{self._staging}/{path}")
            half.parent.mkdir(parents=True, exist_ok=True)
            half.write_bytes(data[: len(data) // 2])
            (half.parent / "left over").write_bytes(b"other")
            raise KilledError
        done.append(path)
        return real(self, path, data)

    monkeypatch.setattr(folders.ReleaseFolder, "write", write)
    with pytest.raises(KilledError):
        create(lake, "v1", OPTIONS)
    assert not (tmp_path / "lake/releases/v1").exists()
    monkeypatch.undo()
    assert tree(Path(create(lake, "v1", OPTIONS).path)) == complete_release
    assert len(complete_release) == 7, "each write is interrupted once"
    assert [path.name for path in (tmp_path / "lake/releases").iterdir()] == ["v1"]


@pytest.mark.parametrize("version", ["v1", None])
def test_recordings_withdrawn_during_the_run_are_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    lake = a_lake(tmp_path)
    recording = lake.read(Recordings)["recording_id"][0]
    copy = folders.ReleaseFolder.copy_blobs

    def withdraw_after_copy(*arguments: Any) -> None:
        """Simulates a slow run: an annotator withdraws a recording before it ends."""
        copy(*arguments)
        withdrawal = a_consent(recording_id=recording, scope="withdrawn", statement=None, at=None)
        lake.append(Consents, frame(Consents, [withdrawal]))

    monkeypatch.setattr(folders.ReleaseFolder, "copy_blobs", withdraw_after_copy)
    with pytest.raises(AnnotateError, match=r"1 no_consent.*nothing was released: run it again"):
        create(lake, version, OPTIONS)
    assert list((tmp_path / "releases").iterdir()) == []  # no released file exists
    assert lake.current(Releases).collect().is_empty()
    monkeypatch.undo()
    second = create(lake, version, OPTIONS)
    assert (second.counts["images"], second.left_out) == (2, {"no_consent": 1})


def test_a_run_killed_before_the_release_is_recorded_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = a_lake(tmp_path, 1)
    with monkeypatch.context() as patch:
        patch.setattr("annotate.release.create._record", kill)
        with pytest.raises(KilledError):
            create(lake, "v1", OPTIONS)
    assert lake.read(Releases).is_empty()
    create(lake, "v1", OPTIONS)
    assert lake.read(Releases).height == 1


@pytest.mark.parametrize("version", ["", "../v1", "a/b", ".hidden", "x" * 65, "v 1", "v1\n"])
def test_an_invalid_version_name_is_rejected(tmp_path: Path, version: str) -> None:
    with pytest.raises(AnnotateError, match="cannot name a release"):
        create(a_lake(tmp_path, 1), version, OPTIONS)


def test_the_error_of_an_empty_release_has_the_reasons(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(AnnotateError, match="there are no captions"):
        create(lake, "v1", OPTIONS)
    put_image(lake, 1, review={"decision": "reject"})
    with pytest.raises(AnnotateError, match="1 rejected"):
        create(lake, "v1", OPTIONS)


def test_a_damaged_blob_is_not_released(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    next((tmp_path / "blobs/audio").rglob("*.wav")).write_bytes(b"rot")
    with pytest.raises(AnnotateError, match="damaged"):
        create(lake, "v1", OPTIONS)


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 1)
    (tmp_path / "releases/v1").mkdir(parents=True)
    (tmp_path / "releases/v1/notes.txt").write_text("mine")
    with pytest.raises(AnnotateError, match="in the way"):
        create(lake, "v1", OPTIONS)
    assert tree(tmp_path / "releases/v1") == {"notes.txt": b"mine"}


def test_the_viewer_can_show_no_images(tmp_path: Path) -> None:
    root = Path(create(a_lake(tmp_path, 2), "v1", ReleaseOptions(viewer_images=0)).path)
    assert "0 of 2 images are shown here" in (root / "index.html").read_text()


def test_captions_without_traces_are_released(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 2)
    without_table(tmp_path, "traces")
    root = Path(create(lake, "v1", OPTIONS).path)
    assert verify(root) == ()
    assert client.load(root).height == 2


@pytest.mark.parametrize("table", ["narrations", "transcripts"])
def test_captions_without_a_transcript_or_narration_are_not_released(
    tmp_path: Path, table: str
) -> None:
    lake = a_lake(tmp_path, 2)
    without_table(tmp_path, table)
    with pytest.raises(AnnotateError, match="2 unsupported_words"):
        create(lake, "v1", OPTIONS)


def test_media_can_be_excluded(tmp_path: Path) -> None:
    options = ReleaseOptions(include_audio=False, include_images=False)
    root = Path(create(a_lake(tmp_path), "v1", options).path)
    assert not (root / "audio").exists()
    assert not (root / "images").exists()
    assert "audio is not part of this release" in (root / "README.md").read_text()


def test_manifest_counts_and_names_step_keys(tmp_path: Path) -> None:
    release = create(a_lake(tmp_path), "v1", OPTIONS)
    manifest = json.loads((Path(release.path) / "manifest.json").read_bytes())
    assert manifest["counts"] == dict(release.counts)
    assert set(manifest["step_keys"]) >= {"captions", "reviews", "transcripts", "recordings"}


def test_small_files_contain_the_same_rows(tmp_path: Path) -> None:
    lake = a_lake(tmp_path, 5)
    split_up = create(lake, "small", ReleaseOptions(images_per_file=1))
    single = create(lake, "whole", OPTIONS)

    def rows(path: str) -> pl.DataFrame:
        return pl.read_parquet(f"{path}/data/*.parquet").sort("image_id")

    assert rows(split_up.path).equals(rows(single.path))

"""Effects of a pull on its target folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.model.ids import sha256_hex
from annotate.release.create import create
from annotate.transfer import fetch
from annotate.transfer.target import MARK
from tests.release_builders import a_lake, put_image, tree


def simulate_killed_pull(root: Path) -> None:
    """Turn the folder into that of a pull that was killed before it wrote the manifest."""
    manifest = root / "manifest.json"
    (root / MARK).write_text(sha256_hex(manifest.read_bytes()))
    manifest.unlink()


def test_existing_correct_files_are_not_downloaded_again(release: Path, tmp_path: Path) -> None:
    root = client.pull(release, tmp_path / "here")
    simulate_killed_pull(root)
    (root / "README.md").write_text("half")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    client.pull(release, root)
    after = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    rewritten = {path.name for path in after if before.get(path) != after[path]}
    assert rewritten == {"manifest.json", "README.md"}
    assert not (root / MARK).exists()
    assert tree(root) == tree(release)


def test_a_link_out_of_the_target_is_not_followed(release: Path, tmp_path: Path) -> None:
    here, outside = client.pull(release, tmp_path / "here"), tmp_path / "outside"
    simulate_killed_pull(here)
    shutil.rmtree(here / "data")
    outside.mkdir()
    (here / "data").symlink_to(outside)
    with pytest.raises(AnnotateError, match="leads out of"):
        client.pull(release, here)
    assert list(outside.iterdir()) == []


def test_a_link_in_place_of_a_file_is_replaced_and_not_followed(
    release: Path, tmp_path: Path
) -> None:
    here = client.pull(release, tmp_path / "here")
    simulate_killed_pull(here)
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "yours").write_text("yours")
    (here / "README.md").unlink()
    (here / "README.md").symlink_to(tmp_path / "mine")
    (here / ".README.md.part").symlink_to(tmp_path / "yours")
    client.pull(release, here)
    assert tree(here) == tree(release)
    assert not (here / "README.md").is_symlink()
    assert (tmp_path / "mine").read_text() == "mine"
    assert (tmp_path / "yours").read_text() == "yours"


@pytest.mark.parametrize("name", ["README.md", "conftest.py", ".git", "data"])
def test_a_folder_that_is_not_empty_is_unchanged(release: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / name).write_text("mine")
    with pytest.raises(AnnotateError, match="is not empty"):
        client.pull(release, tmp_path / "here")
    assert tree(tmp_path / "here") == {name: b"mine"}


def test_a_file_in_place_of_the_folder_is_unchanged(release: Path, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("mine")
    with pytest.raises(AnnotateError, match="is not a folder"):
        client.pull(release, tmp_path / "here")


def test_a_folder_begun_for_another_release_is_unchanged(release: Path, tmp_path: Path) -> None:
    here = client.pull(release, tmp_path / "here")
    simulate_killed_pull(here)
    lake = a_lake(tmp_path / "lake", 1)
    other = create(lake, "v2").path
    before = tree(here)
    with pytest.raises(AnnotateError, match="begun for another release"):
        client.pull(other, here)
    assert tree(here) == before
    for file in here.iterdir():
        if file.name != MARK:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    assert tree(client.pull(other, here)) == tree(Path(other)), "the mark alone counts as empty"


@pytest.mark.parametrize("writes", range(4))
def test_a_pull_killed_at_any_write_resumes(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    real, done = os.replace, []

    def replace(self: Path, to: Path) -> None:
        if len(done) == writes:
            raise KeyboardInterrupt
        done.append(to)
        real(self, to)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(fetch, "THREADS", 1)
    with pytest.raises(KeyboardInterrupt):
        client.pull(release, tmp_path / "here")
    monkeypatch.undo()
    assert not (tmp_path / "here/manifest.json").exists()
    assert tree(client.pull(release, tmp_path / "here")) == tree(release)


def test_another_release_is_not_overwritten(release: Path, tmp_path: Path) -> None:
    lake = a_lake(tmp_path / "lake", 1)
    put_image(lake, 8)
    other = create(lake, "v2")
    root = client.pull(release, tmp_path / "here")
    with pytest.raises(AnnotateError, match="contains release v1"):
        client.pull(other.path, root)
    assert tree(root) == tree(release)

from __future__ import annotations

import os
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.release.create import create
from annotate.release.verify import Difference, verify
from tests.release_builders import a_lake


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(create(a_lake(tmp_path, 2), "v1").path)


def test_every_difference_is_reported(root: Path) -> None:
    assert verify(root) == ()
    (root / "README.md").write_text("forged")
    (root / "index.html").unlink()
    (root / "extra.txt").write_text("new")
    assert verify(root) == (
        Difference(path="README.md", kind="changed"),
        Difference(path="extra.txt", kind="unlisted"),
        Difference(path="index.html", kind="missing"),
    )


def test_one_flipped_bit_is_found(root: Path) -> None:
    image = next((root / "images").rglob("*.jpg"))
    data = bytearray(image.read_bytes())
    data[len(data) // 2] ^= 1
    image.write_bytes(data)
    assert [one.kind for one in verify(root)] == ["changed"]


def test_a_script_in_the_viewer_is_found(root: Path) -> None:
    page = (root / "index.html").read_text()
    (root / "index.html").write_text(page + "<script>alert(1)</script>")
    assert verify(root) == (Difference(path="index.html", kind="changed"),)


def test_a_link_to_the_right_file_is_a_difference(root: Path, tmp_path: Path) -> None:
    (root / "README.md").rename(tmp_path / "moved")
    (root / "README.md").symlink_to(tmp_path / "moved")
    (root / "data").rename(tmp_path / "moved-tables")
    (root / "data").symlink_to(tmp_path / "moved-tables")
    kinds = {one.path: one.kind for one in verify(root)}
    assert kinds.pop("README.md") == "not_a_file"
    assert kinds.pop("data") == "unlisted"
    assert set(kinds.values()) == {"missing"}


def test_links_to_folders_are_not_followed(root: Path) -> None:
    (root / "data/loop").symlink_to(root)
    (root / "images/disk").symlink_to("/")
    assert [(one.path, one.kind) for one in verify(root)] == [
        ("data/loop", "unlisted"),
        ("images/disk", "unlisted"),
    ]


def test_a_folder_or_pipe_in_place_of_a_file_is_found(root: Path) -> None:
    (root / "README.md").unlink()
    (root / "README.md").mkdir()
    (root / "index.html").unlink()
    os.mkfifo(root / "index.html")
    assert verify(root) == (
        Difference(path="README.md", kind="not_a_file"),
        Difference(path="index.html", kind="not_a_file"),
    )


def test_of_an_unlisted_folder_only_the_name_is_reported(root: Path) -> None:
    (root / ".git/hooks").mkdir(parents=True)
    (root / ".git/hooks/post-checkout").write_text("sh")
    assert verify(root) == (Difference(path=".git", kind="unlisted"),)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\x1b[2Jb", r"a\x1b[2Jb"), ("a\nb", r"a\nb"), (os.fsdecode(b"a\xff"), r"a\udcff")],
)
def test_control_characters_in_names_are_escaped(root: Path, name: str, shown: str) -> None:
    (root / name).write_text("")
    assert verify(root) == (Difference(path=shown, kind="unlisted"),)


def test_a_folder_without_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="not a release"):
        verify(tmp_path)
    with pytest.raises(AnnotateError, match="not a release"):
        verify(tmp_path / "nowhere")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_manifest_that_is_not_a_regular_file_is_an_error(
    root: Path, tmp_path: Path, kind: str
) -> None:
    manifest = root / "manifest.json"
    manifest.rename(tmp_path / "moved")
    {
        "link": lambda: manifest.symlink_to(tmp_path / "moved"),
        "folder": manifest.mkdir,
        "pipe": lambda: os.mkfifo(manifest),
    }[kind]()
    with pytest.raises(AnnotateError, match="cannot read"):
        verify(root)

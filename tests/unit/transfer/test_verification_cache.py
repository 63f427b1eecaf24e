from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from annotate import client
from annotate.model.errors import AnnotateError
from annotate.transfer import verification_cache
from tests.release_builders import forge


@pytest.fixture
def copy(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy whose files are old enough for the cache."""
    monkeypatch.setattr(verification_cache, "FRESH_NS", -(10**15))
    shutil.copytree(release, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were hashed."""
    real, seen = verification_cache.compare, []

    def compare(root: Path, manifest: object) -> object:
        seen.append(root)
        return real(root, manifest)  # type: ignore[arg-type]

    monkeypatch.setattr(verification_cache, "compare", compare)
    return seen


def test_a_release_is_verified_once(copy: Path, compared: list[Path]) -> None:
    client.load(copy)
    client.load(copy, table="narrations")
    client.scan(copy).collect()
    assert compared == [copy]


def test_recently_written_files_are_not_cached(
    copy: Path, compared: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification_cache, "FRESH_NS", 10**18)
    client.load(copy)
    client.load(copy)
    assert len(compared) == 2


def test_a_changed_file_of_the_same_size_and_time_is_detected(copy: Path) -> None:
    client.load(copy)
    file = next((copy / "data").iterdir())
    stat, data = file.stat(), bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(AnnotateError, match=r"damaged: data/.* \(changed\)"):
        client.load(copy)


def test_a_changed_viewer_is_detected(copy: Path) -> None:
    client.load(copy)
    (copy / "index.html").write_text("<script>alert(1)</script>")
    with pytest.raises(AnnotateError, match=r"index\.html \(changed\)"):
        client.load(copy)
    with pytest.raises(AnnotateError, match=r"index\.html"):
        client.scan(copy)


def test_a_changed_manifest_is_verified_again(copy: Path, compared: list[Path]) -> None:
    client.load(copy)
    forge(copy, counts={"images": 1})
    client.load(copy)
    assert len(compared) == 2


def test_another_folder_with_the_same_files_is_verified_again(
    copy: Path, compared: list[Path]
) -> None:
    client.load(copy)
    shutil.copytree(copy, copy.with_name("second"))
    client.load(copy.with_name("second"))
    assert len(compared) == 2


def test_a_link_in_place_of_a_file_is_detected(copy: Path, tmp_path: Path) -> None:
    client.load(copy)
    file = next((copy / "data").iterdir())
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AnnotateError, match="not_a_file"):
        client.load(copy)


def test_unlisted_files_are_ignored(copy: Path) -> None:
    (copy / "notes.txt").write_text("mine")
    assert client.load(copy).height == 4


def test_verification_can_be_disabled(copy: Path, compared: list[Path]) -> None:
    (copy / "README.md").write_text("mine")
    assert client.load(copy, verify=False).height == 4
    assert client.scan(copy, verify=False).collect().height == 4
    assert compared == []
    with pytest.raises(AnnotateError, match="verify=False"):
        client.load(copy)


def test_without_a_writable_cache_a_release_is_verified_each_time(
    copy: Path, compared: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("in the way")
    client.load(copy)
    client.load(copy)
    assert len(compared) == 2


def test_many_differences_are_counted(copy: Path) -> None:
    shutil.rmtree(copy / "data")
    with pytest.raises(AnnotateError, match=r"\(missing\) and 1 more"):
        client.load(copy)

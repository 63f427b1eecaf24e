"""Files are written atomically, under valid names only."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.recorder.storage import FolderStore, ObjectStore, open_store

ID = "0" * 32


@pytest.fixture(params=["folder", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "new") if request.param == "folder" else f"memory://{tmp_path.name}"


def test_a_written_file_is_read_back_and_replaced(url: str) -> None:
    store = open_store(url)
    assert store.read(f"{ID}.webm") is None
    store.write(f"{ID}.webm", b"one")
    store.write(f"{ID}.webm", b"two")
    assert store.read(f"{ID}.webm") == b"two"
    assert isinstance(store, ObjectStore if "://" in url else FolderStore)


def test_a_created_file_is_never_replaced(url: str) -> None:
    store = open_store(url)
    assert store.create(f"{ID}.json", b"first")
    assert not store.create(f"{ID}.json", b"second")
    assert store.read(f"{ID}.json") == b"first"


def test_removing_a_file_twice_is_not_an_error(url: str) -> None:
    store = open_store(url)
    store.write(f"{ID}.webm", b"one")
    store.remove(f"{ID}.webm")
    store.remove(f"{ID}.webm")
    assert store.read(f"{ID}.webm") is None


def test_files_are_readable_only_by_the_owner(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    store.write(f"{ID}.webm", b"one")
    store.create(f"{ID}.json", b"two")
    for path in (tmp_path / "new").iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name", ["../x.webm", "/etc/x.json", "a/b.webm", "x.exe", "x.webm.exe", "", "..json", "X.webm"]
)
def test_invalid_names_are_rejected(url: str, name: str) -> None:
    store = open_store(url)
    with pytest.raises(ValueError, match="not a name of ours"):
        store.write(name, b"x")
    with pytest.raises(ValueError, match="not a name of ours"):
        store.read(name)


def test_a_failed_write_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path)
    store.write(f"{ID}.json", b"old")

    def disk_full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(OSError, match="no space"):
        store.write(f"{ID}.json", b"new")
    assert store.read(f"{ID}.json") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.json"]

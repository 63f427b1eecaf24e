"""Files are there in full or not at all, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.recorder.storage import FolderStore, ObjectStore, open_store

ID = "0" * 32


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "new") if request.param == "folder" else f"memory://{tmp_path.name}"


def test_what_is_written_reads_back_and_replaces(place: str) -> None:
    store = open_store(place)
    assert store.read(f"{ID}.webm") is None
    store.write(f"{ID}.webm", b"one")
    store.write(f"{ID}.webm", b"two")
    assert store.read(f"{ID}.webm") == b"two"
    assert isinstance(store, ObjectStore if "://" in place else FolderStore)


def test_what_is_created_once_is_never_replaced(place: str) -> None:
    store = open_store(place)
    assert store.create(f"{ID}.json", b"first")
    assert not store.create(f"{ID}.json", b"second")
    assert store.read(f"{ID}.json") == b"first"


def test_what_is_removed_is_gone_and_may_be_removed_again(place: str) -> None:
    store = open_store(place)
    store.write(f"{ID}.webm", b"one")
    store.remove(f"{ID}.webm")
    store.remove(f"{ID}.webm")
    assert store.read(f"{ID}.webm") is None


def test_nobody_else_on_the_machine_reads_a_voice(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    store.write(f"{ID}.webm", b"one")
    store.create(f"{ID}.json", b"two")
    for path in (tmp_path / "new").iterdir():
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name", ["../x.webm", "/etc/x.json", "a/b.webm", "x.exe", "x.webm.exe", "", "..json", "X.webm"]
)
def test_other_names_than_ours_are_not_touched(place: str, name: str) -> None:
    store = open_store(place)
    with pytest.raises(ValueError, match="not a name of ours"):
        store.write(name, b"x")
    with pytest.raises(ValueError, match="not a name of ours"):
        store.read(name)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path)
    store.write(f"{ID}.json", b"old")

    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.write(f"{ID}.json", b"new")
    assert store.read(f"{ID}.json") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.json"]

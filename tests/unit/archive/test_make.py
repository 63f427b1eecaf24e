"""Backups: their content, their cost, and the errors."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from pathlib import Path

import pytest

from annotate.archive import record
from annotate.archive.make import Made
from annotate.model.errors import AnnotateError
from annotate.model.tables import Images, Recordings
from annotate.store.integrity import inspect
from annotate.store.lake import Lake
from tests.builders import a_recording, frame, img, rec
from tests.unit.archive.installation import (
    Installation,
    add_image,
    an_installation,
    decide,
    decisions,
    restore_to,
)


def test_everything_is_restored(tmp_path: Path) -> None:
    home, restored = an_installation(tmp_path / "here"), Installation(tmp_path / "restored")
    made = home.back_up(tmp_path / "backups")
    assert made.backup.record.problems == made.backup.record.notes == ()
    restore_to(made.backup, restored)
    assert restored.files() == home.files()
    assert decisions(restored.data) == ["accept"]
    assert inspect(restored.lake).sound


def test_staging_files_and_server_state_are_excluded(tmp_path: Path) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    paths = {one.path for one in made.backup.record.files}
    assert "settings/annotate.toml" in paths
    assert not any("staging" in path or "server." in path for path in paths)
    assert not any(path.endswith(("-wal", "-shm")) for path in paths)


def test_a_second_backup_copies_only_new_files_and_the_database(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    add_image(home.lake, "b")
    second = home.back_up(target)
    new = {one.path for one in second.backup.record.files} - {
        one.path for one in first.backup.record.files if "_committed" not in one.path
    }
    assert any(path.startswith("lake/tables/images/part-") for path in new)
    assert second.copied == 4  # an image, its row, the commit and the database
    (blob,) = (one.path for one in first.backup.record.files if "blobs/audio" in one.path)
    assert os.path.samefile(first.backup.folder / blob, second.backup.folder / blob)
    assert record.names(target) == [first.backup.folder.name, second.backup.folder.name]


def test_an_older_backup_is_unchanged(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    (home.data / "token").write_text("another token")
    home.back_up(target)
    restored = Installation(tmp_path / "restored")
    restore_to(first.backup, restored)
    assert decisions(restored.data) == ["accept"]
    assert (restored.data / "token").read_text() == "content of token"


def test_backups_are_private_and_file_modes_are_restored(tmp_path: Path) -> None:
    home, restored = an_installation(tmp_path / "here"), Installation(tmp_path / "restored")
    (home.root / "lake" / "tables").chmod(0o750)
    made = home.back_up(tmp_path / "backups")
    for folder in (tmp_path / "backups", made.backup.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    restore_to(made.backup, restored)
    for path, mode in (
        *(("studio/token", 0o600), ("studio/admin.json", 0o600), ("studio", 0o700)),
        *(("studio/media/upload/cat.jpg", 0o644), ("lake/tables", 0o750)),
        ("lake/secrets/pseudonym.key", 0o600),
    ):
        assert stat.S_IMODE((restored.root / path).stat().st_mode) == mode, path


class CutOffError(Exception):
    """Simulates the end of the process."""


def test_an_interrupted_backup_resumes(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"

    def interrupt(done: int, known: int) -> None:
        if done == 4:
            raise CutOffError

    with pytest.raises(CutOffError):
        home.back_up(target, interrupt)
    assert record.names(target) == []
    (target / ".partial" / "lake" / ".half.new").write_bytes(b"half")
    made = home.back_up(target)
    assert 0 < made.copied < len(made.backup.record.files) - 2
    assert not list(made.backup.folder.rglob("*.new"))
    restored = Installation(tmp_path / "restored")
    restore_to(made.backup, restored)
    assert restored.files() == home.files()


def test_backups_during_concurrent_writes_are_consistent(tmp_path: Path) -> None:
    home, stop = an_installation(tmp_path / "here"), threading.Event()
    written = threading.Semaphore(0)

    def work() -> None:
        lake, number = Lake(home.lake.root), 0
        while not stop.is_set():
            number += 1
            blob = lake.blobs.put("audio", b"%d" % number, "webm")
            add_image(lake, f"i{number}")
            row = a_recording(f"r{number}", blob=blob, image_id=img(f"i{number}"))
            lake.append(Recordings, frame(Recordings, [row]))
            written.release()

    backups: list[Made] = []
    worker = threading.Thread(target=work)
    worker.start()
    try:
        for _ in range(4):
            assert written.acquire(timeout=300), "the writer must make progress"
            backups.append(home.back_up(tmp_path / "backups"))
    finally:
        stop.set()
        worker.join()
    counts = []
    for number, made in enumerate(backups):
        restored = Installation(tmp_path / f"restored-{number}")
        restore_to(made.backup, restored)
        assert inspect(restored.lake).sound
        rows = restored.lake.read(Recordings)
        assert set(rows["image_id"]) <= set(restored.lake.read(Images)["image_id"])
        assert rec("a") in rows["recording_id"]
        counts.append(rows.height)
    assert counts == sorted(counts)
    assert counts[-1] > 1


def test_a_damaged_blob_is_reported_and_the_intact_copy_is_kept(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    home.back_up(target)
    (blob,) = (home.root / "lake").glob("blobs/audio/*/*")
    blob.write_bytes(b"saund")
    os.utime(blob, ns=(1, 1))
    fresh = home.back_up(tmp_path / "others")
    assert "damaged" in fresh.backup.record.problems[0]
    path = f"lake/{blob.relative_to(home.root / 'lake')}"
    assert path not in {one.path for one in fresh.backup.record.files}
    blob.write_bytes(b"saunds")
    made = home.back_up(target)
    assert len(made.backup.record.problems) == 1
    assert (made.backup.folder / path).read_bytes() == b"sound"


def test_anything_but_a_regular_file_is_skipped(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    (home.data / "token").unlink()
    os.mkfifo(home.data / "token")  # reading a FIFO would block
    made = home.back_up(tmp_path / "backups")
    assert "studio/token" not in {one.path for one in made.backup.record.files}


def test_a_target_with_other_files_is_rejected(tmp_path: Path) -> None:
    target = tmp_path / "holidays"
    target.mkdir()
    (target / "beach.jpg").write_bytes(b"sand")
    with pytest.raises(AnnotateError, match=r"contains other files \(beach.jpg\)"):
        an_installation(tmp_path / "here").back_up(target)
    assert os.listdir(target) == ["beach.jpg"]


@pytest.mark.parametrize("inside", ["here/lake/backups", "here/studio/backups", "here", "."])
def test_a_target_inside_the_lake_or_around_it_is_rejected(tmp_path: Path, inside: str) -> None:
    with pytest.raises(AnnotateError, match="is inside or around"):
        an_installation(tmp_path / "here").back_up(tmp_path / inside)


def test_a_backup_of_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="nothing to back up"):
        Installation(tmp_path / "nowhere").back_up(tmp_path / "backups")
    assert not (tmp_path / "backups").exists()


def test_a_concurrent_backup_is_rejected(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    home.back_up(target)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AnnotateError, match="wait for it"):
            home.back_up(target)


def test_a_file_system_without_links_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    home.back_up(target)
    monkeypatch.setattr(os, "link", deny)  # simulates a file system without hard links
    made = home.back_up(target)
    restored = Installation(tmp_path / "restored")
    restore_to(made.backup, restored)
    assert restored.files() == home.files()

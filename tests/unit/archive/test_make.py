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
from tests.unit.archive.home import Home, add_image, bring_back, decide, decisions, settled


def test_everything_comes_back(tmp_path: Path) -> None:
    home, again = settled(tmp_path / "here"), Home(tmp_path / "there")
    made = home.back_up(tmp_path / "backups")
    assert made.backup.record.problems == made.backup.record.notes == ()
    bring_back(made.backup, again)
    assert again.files() == home.files()
    assert decisions(again.data) == ["accept"]
    assert inspect(again.lake).sound


def test_what_is_half_written_or_made_anew_is_not_in_it(tmp_path: Path) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    paths = {one.path for one in made.backup.record.files}
    assert "settings/annotate.toml" in paths
    assert not any("staging" in path or "server." in path for path in paths)
    assert not any(path.endswith(("-wal", "-shm")) for path in paths)


def test_a_second_backup_copies_what_is_new_and_the_database(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
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


def test_an_older_backup_stays_as_it_was(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    (home.data / "token").write_text("another token")
    home.back_up(target)
    again = Home(tmp_path / "there")
    bring_back(first.backup, again)
    assert decisions(again.data) == ["accept"]
    assert (again.data / "token").read_text() == "what token holds"


def test_nobody_else_may_read_it_and_modes_come_back(tmp_path: Path) -> None:
    home, again = settled(tmp_path / "here"), Home(tmp_path / "there")
    (home.root / "lake" / "tables").chmod(0o750)
    made = home.back_up(tmp_path / "backups")
    for folder in (tmp_path / "backups", made.backup.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    bring_back(made.backup, again)
    for path, mode in (
        *(("studio/token", 0o600), ("studio/admin.json", 0o600), ("studio", 0o700)),
        *(("studio/media/upload/cat.jpg", 0o644), ("lake/tables", 0o750)),
        ("lake/secrets/pseudonym.key", 0o600),
    ):
        assert stat.S_IMODE((again.root / path).stat().st_mode) == mode, path


class CutOffError(Exception):
    """Simulates the end of the process."""


def test_an_interrupted_backup_is_continued(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"

    def cut(done: int, known: int) -> None:
        if done == 4:
            raise CutOffError

    with pytest.raises(CutOffError):
        home.back_up(target, cut)
    assert record.names(target) == []
    (target / ".partial" / "lake" / ".half.new").write_bytes(b"half")
    made = home.back_up(target)
    assert 0 < made.copied < len(made.backup.record.files) - 2
    assert not list(made.backup.folder.rglob("*.new"))
    again = Home(tmp_path / "there")
    bring_back(made.backup, again)
    assert again.files() == home.files()


def test_what_others_write_meanwhile_refers_to_nothing_that_is_missing(tmp_path: Path) -> None:
    home, stop = settled(tmp_path / "here"), threading.Event()
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
            assert written.acquire(timeout=300), "others have written since"
            backups.append(home.back_up(tmp_path / "backups"))
    finally:
        stop.set()
        worker.join()
    counts = []
    for number, made in enumerate(backups):
        again = Home(tmp_path / f"there-{number}")
        bring_back(made.backup, again)
        assert inspect(again.lake).sound
        rows = again.lake.read(Recordings)
        assert set(rows["image_id"]) <= set(again.lake.read(Images)["image_id"])
        assert rec("a") in rows["recording_id"]
        counts.append(rows.height)
    assert counts == sorted(counts)
    assert counts[-1] > 1


def test_a_damaged_blob_is_reported_and_the_intact_copy_stays(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
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


def test_a_file_that_may_not_be_read_is_reported(tmp_path: Path) -> None:
    home = settled(tmp_path / "here")
    (home.data / "token").unlink()
    os.mkfifo(home.data / "token")  # no regular file: passed over, never waited for
    made = home.back_up(tmp_path / "backups")
    assert "studio/token" not in {one.path for one in made.backup.record.files}


def test_a_folder_with_other_things_is_rejected_and_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "holidays"
    target.mkdir()
    (target / "beach.jpg").write_bytes(b"sand")
    with pytest.raises(AnnotateError, match=r"contains other files \(beach.jpg\)"):
        settled(tmp_path / "here").back_up(target)
    assert os.listdir(target) == ["beach.jpg"]


@pytest.mark.parametrize("inside", ["here/lake/backups", "here/studio/backups", "here", "."])
def test_a_backup_is_apart_from_what_it_is_of(tmp_path: Path, inside: str) -> None:
    with pytest.raises(AnnotateError, match="is inside or around"):
        settled(tmp_path / "here").back_up(tmp_path / inside)


def test_of_nothing_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="nothing to back up"):
        Home(tmp_path / "nowhere").back_up(tmp_path / "backups")
    assert not (tmp_path / "backups").exists()


def test_two_at_a_time_are_rejected(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    home.back_up(target)
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AnnotateError, match="wait for it"):
            home.back_up(target)


def test_a_file_system_without_links_gets_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    home.back_up(target)
    monkeypatch.setattr(os, "link", refuse)  # no such file system can be made here
    made = home.back_up(target)
    again = Home(tmp_path / "there")
    bring_back(made.backup, again)
    assert again.files() == home.files()

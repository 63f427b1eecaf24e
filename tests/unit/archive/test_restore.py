"""Restoration of backups: complete or not at all, to empty paths only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from annotate.archive import record
from annotate.archive.restore import find, restore
from annotate.model.errors import AnnotateError
from tests.unit.archive.installation import (
    Installation,
    an_installation,
    decide,
    decisions,
    restore_to,
)


def test_the_newest_backup_of_a_folder_or_a_named_one_is_found(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    second = home.back_up(target)
    assert find(target).folder == second.backup.folder
    assert find(first.backup.folder).folder == first.backup.folder


def test_no_backup_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(AnnotateError, match="no backup in"):
            find(folder)


def test_restoring_into_the_folder_of_backups_is_rejected(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    made = home.back_up(target)
    for lake, data in ((target / "lake", tmp_path / "b"), (tmp_path / "a", target)):
        with pytest.raises(AnnotateError, match="among the backups"):
            restore(made.backup, lake, data)
    assert home.back_up(target).backup


def test_an_existing_installation_is_not_overwritten(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    made = home.back_up(tmp_path / "backups")
    decide(home, "reject")
    with pytest.raises(AnnotateError, match="isn't empty, and restoring overwrites nothing"):
        restore_to(made.backup, home)
    assert decisions(home.data) == ["accept", "reject"]


def test_nothing_is_restored_if_one_target_is_not_empty(tmp_path: Path) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    restored = Installation(tmp_path / "restored")
    restored.data.mkdir(parents=True)
    (restored.data / "mine").write_text("mine")
    with pytest.raises(AnnotateError, match="--data"):
        restore_to(made.backup, restored)
    assert not (restored.root / "lake").exists()


def test_a_second_restoration_changes_nothing(tmp_path: Path) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    restored = Installation(tmp_path / "restored")
    assert restore_to(made.backup, restored).restored_before == ()
    assert restore_to(made.backup, restored).restored_before == ("lake", "studio")


def test_a_damaged_backup_is_reported_and_nothing_is_restored(tmp_path: Path) -> None:
    home, target = an_installation(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    second = home.back_up(target)
    database = second.backup.folder / "studio" / "label_studio.sqlite3"
    data = bytearray(database.read_bytes())
    data[len(data) // 2] ^= 1
    database.write_bytes(data)
    restored = Installation(tmp_path / "restored")
    with pytest.raises(AnnotateError, match=rf"sqlite3: damaged .*{first.backup.folder.name}"):
        restore_to(second.backup, restored)
    assert not (restored.root / "lake").exists()
    assert not restored.data.exists()
    restore_to(first.backup, restored)  # reuses the files that the first try had copied
    assert decisions(restored.data) == ["accept"]


def test_a_file_that_is_missing_from_the_backup_is_reported(tmp_path: Path) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    (made.backup.folder / "studio" / "token").unlink()
    with pytest.raises(AnnotateError, match=r"token: damaged or missing .* it is the only one"):
        restore_to(made.backup, Installation(tmp_path / "restored"))


class CutOffError(Exception):
    """Simulates the end of the process."""


def test_an_interrupted_restoration_leaves_no_partial_folder_and_resumes(tmp_path: Path) -> None:
    home, restored = an_installation(tmp_path / "here"), Installation(tmp_path / "restored")
    made = home.back_up(tmp_path / "backups")

    def interrupt(done: int, known: int) -> None:
        if done == known - 2:
            raise CutOffError

    with pytest.raises(CutOffError):
        restore(made.backup, restored.root / "lake", restored.data, interrupt)
    assert not (restored.root / "lake").exists()
    assert not restored.data.exists()
    restore_to(made.backup, restored)
    assert restored.files() == home.files()
    assert sorted(os.listdir(restored.root)) == ["lake", "studio"]


@pytest.mark.parametrize("path", ["../evil", "lake/../../evil", "/etc/passwd", "elsewhere/x"])
def test_a_record_with_paths_outside_the_backup_is_rejected(tmp_path: Path, path: str) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    at = made.backup.folder / record.RECORD
    content = json.loads(at.read_text())
    content["files"][0]["path"] = path
    at.write_text(json.dumps(content))
    with pytest.raises(AnnotateError, match="damaged or of a later version"):
        find(made.backup.folder)


def test_the_targets_must_not_overlap(tmp_path: Path) -> None:
    made = an_installation(tmp_path / "here").back_up(tmp_path / "backups")
    with pytest.raises(AnnotateError, match="overlap: name separate folders"):
        restore(made.backup, tmp_path / "restored", tmp_path / "restored" / "studio")

"""Restoration of backups: complete or not at all, to empty paths only."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from annotate.archive import record
from annotate.archive.restore import find, restore
from annotate.model.errors import AnnotateError
from tests.unit.archive.home import Home, bring_back, decide, decisions, settled


def test_the_newest_of_a_folder_or_the_one_that_is_named(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    second = home.back_up(target)
    assert find(target).folder == second.backup.folder
    assert find(first.backup.folder).folder == first.backup.folder


def test_no_backup_is_an_error(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing"):
        with pytest.raises(AnnotateError, match="no backup in"):
            find(place)


def test_nothing_is_restored_among_the_backups(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    made = home.back_up(target)
    for lake, data in ((target / "lake", tmp_path / "b"), (tmp_path / "a", target)):
        with pytest.raises(AnnotateError, match="among the backups"):
            restore(made.backup, lake, data)
    assert home.back_up(target).backup


def test_a_place_in_use_is_left_alone(tmp_path: Path) -> None:
    home = settled(tmp_path / "here")
    made = home.back_up(tmp_path / "backups")
    decide(home, "reject")
    with pytest.raises(AnnotateError, match="isn't empty, and restoring overwrites nothing"):
        bring_back(made.backup, home)
    assert decisions(home.data) == ["accept", "reject"]


def test_nothing_is_restored_if_one_of_the_places_is_in_use(tmp_path: Path) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    again = Home(tmp_path / "there")
    again.data.mkdir(parents=True)
    (again.data / "mine").write_text("mine")
    with pytest.raises(AnnotateError, match="--data"):
        bring_back(made.backup, again)
    assert not (again.root / "lake").exists()


def test_a_second_time_finds_all_there(tmp_path: Path) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    again = Home(tmp_path / "there")
    assert bring_back(made.backup, again).there == ()
    assert bring_back(made.backup, again).there == ("lake", "studio")


def test_what_is_damaged_in_the_backup_is_reported_and_nothing_restored(tmp_path: Path) -> None:
    home, target = settled(tmp_path / "here"), tmp_path / "backups"
    first = home.back_up(target)
    decide(home, "reject")
    second = home.back_up(target)
    database = second.backup.folder / "studio" / "label_studio.sqlite3"
    data = bytearray(database.read_bytes())
    data[len(data) // 2] ^= 1
    database.write_bytes(data)
    again = Home(tmp_path / "there")
    with pytest.raises(AnnotateError, match=rf"sqlite3: damaged .*{first.backup.folder.name}"):
        bring_back(second.backup, again)
    assert not (again.root / "lake").exists()
    assert not again.data.exists()
    bring_back(first.backup, again)  # reuses the files that the first try had copied
    assert decisions(again.data) == ["accept"]


def test_a_file_that_is_missing_from_the_backup_is_reported(tmp_path: Path) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    (made.backup.folder / "studio" / "token").unlink()
    with pytest.raises(AnnotateError, match=r"token: damaged or missing .* it is the only one"):
        bring_back(made.backup, Home(tmp_path / "there"))


class CutOffError(Exception):
    """Simulates the end of the process."""


def test_after_an_interruption_nothing_partial_exists_and_it_continues(tmp_path: Path) -> None:
    home, again = settled(tmp_path / "here"), Home(tmp_path / "there")
    made = home.back_up(tmp_path / "backups")

    def cut(done: int, known: int) -> None:
        if done == known - 2:
            raise CutOffError

    with pytest.raises(CutOffError):
        restore(made.backup, again.root / "lake", again.data, cut)
    assert not (again.root / "lake").exists()
    assert not again.data.exists()
    bring_back(made.backup, again)
    assert again.files() == home.files()
    assert sorted(os.listdir(again.root)) == ["lake", "studio"]


@pytest.mark.parametrize("path", ["../evil", "lake/../../evil", "/etc/passwd", "elsewhere/x"])
def test_a_record_with_paths_outside_the_backup_is_rejected(tmp_path: Path, path: str) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    at = made.backup.folder / record.RECORD
    content = json.loads(at.read_text())
    content["files"][0]["path"] = path
    at.write_text(json.dumps(content))
    with pytest.raises(AnnotateError, match="damaged or of a later version"):
        find(made.backup.folder)


def test_lake_and_studio_must_be_apart(tmp_path: Path) -> None:
    made = settled(tmp_path / "here").back_up(tmp_path / "backups")
    with pytest.raises(AnnotateError, match="overlap: name separate folders"):
        restore(made.backup, tmp_path / "there", tmp_path / "there" / "studio")

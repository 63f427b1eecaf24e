"""One Label Studio a user: a start in another folder makes no second one unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts, known_servers


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, whose user has made a Label Studio in another one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    there = tmp_path / "there" / "data" / "studio"
    there.mkdir(parents=True)
    secret_files.administrator(there)
    known_servers.remember(there)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return there


def test_it_is_said_where_the_other_one_is(home: Path) -> None:
    with pytest.raises(AnnotateError, match=f"{home}, which doesn't run now.*--data {home}"):
        known_servers.reject_second(secret_files.DATA)


def test_commands_name_it_too(home: Path) -> None:
    with pytest.raises(AnnotateError, match=f"give --data {home}"):
        accounts.access(None, None, secret_files.DATA)


def test_a_second_one_can_be_asked_for(home: Path, tmp_path: Path) -> None:
    known_servers.reject_second(tmp_path / "here" / "data" / "studio")


def test_the_one_in_this_folder_is_used(home: Path) -> None:
    secret_files.DATA.mkdir(parents=True)
    secret_files.administrator(secret_files.DATA)
    known_servers.reject_second(secret_files.DATA)


def test_one_that_is_gone_is_forgotten(home: Path) -> None:
    (home / secret_files.ADMIN_FILE).unlink()
    known_servers.reject_second(secret_files.DATA)


@pytest.mark.parametrize("text", ["", "[", "{}", "[1, null]"])
def test_notes_that_cannot_be_read_are_none(home: Path, text: str, tmp_path: Path) -> None:
    (tmp_path / "config" / "annotate-aloud" / known_servers.FILE).write_text(text)
    assert known_servers.all_of_them() == []
    known_servers.remember(home)
    assert known_servers.all_of_them() == [home]

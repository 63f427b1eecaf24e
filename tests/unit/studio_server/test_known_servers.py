"""One Label Studio per user: a start in another folder is rejected unless it is requested."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotate.label_studio import secret_files
from annotate.model.errors import AnnotateError
from annotate.studio_server import accounts, known_servers


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder; the user has a Label Studio in another one, which is returned."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    data = tmp_path / "other" / "data" / "studio"
    data.mkdir(parents=True)
    secret_files.administrator(data)
    known_servers.remember(data)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return data


def test_the_error_names_the_other_folder(home: Path) -> None:
    with pytest.raises(AnnotateError, match=f"{home}, which doesn't run now.*--data {home}"):
        known_servers.reject_second(secret_files.DATA)


def test_errors_of_other_commands_name_the_folder(home: Path) -> None:
    with pytest.raises(AnnotateError, match=f"give --data {home}"):
        accounts.access(None, None, secret_files.DATA)


def test_a_second_server_can_be_requested(home: Path, tmp_path: Path) -> None:
    known_servers.reject_second(tmp_path / "here" / "data" / "studio")


def test_the_server_in_this_folder_is_used(home: Path) -> None:
    secret_files.DATA.mkdir(parents=True)
    secret_files.administrator(secret_files.DATA)
    known_servers.reject_second(secret_files.DATA)


def test_a_deleted_server_is_ignored(home: Path) -> None:
    (home / secret_files.ADMIN_FILE).unlink()
    known_servers.reject_second(secret_files.DATA)


@pytest.mark.parametrize("text", ["", "[", "{}", "[1, null]"])
def test_an_unreadable_list_is_empty(home: Path, text: str, tmp_path: Path) -> None:
    (tmp_path / "config" / "annotate-aloud" / known_servers.FILE).write_text(text)
    assert known_servers.all_of_them() == []
    known_servers.remember(home)
    assert known_servers.all_of_them() == [home]

"""The files of a Label Studio server, and the notes about data in other locations."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from annotate.archive.database import copy_database
from annotate.archive.make import back_up
from annotate.archive.studio_files import Recordings, settings_of_server, studio_files
from annotate.studio_server import launch
from tests.unit.archive.installation import Installation, an_installation, restore_to


def test_recordings_in_another_folder_are_backed_up_as_well(tmp_path: Path) -> None:
    home, recordings = an_installation(tmp_path / "here"), tmp_path / "disk" / "voices"
    recordings.mkdir(parents=True)
    (recordings / "4567.webm").write_bytes(b"a recording")
    what = home.what({"ANNOTATE_RECORDINGS": str(recordings)})
    made = back_up(what, tmp_path / "backups")
    assert "without ANNOTATE_RECORDINGS" in made.backup.record.notes[0]
    restored = Installation(tmp_path / "restored")
    restore_to(made.backup, restored)
    assert (restored.data / "recordings" / "4567.webm").read_bytes() == b"a recording"


def test_the_folder_of_recordings_is_read_from_the_running_server(tmp_path: Path) -> None:
    home, recordings = an_installation(tmp_path / "here"), tmp_path / "voices"
    environment = {**os.environ, "ANNOTATE_RECORDINGS": str(recordings)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, env=environment) as server:
        state = {
            "pid": server.pid,
            "started": launch._started(server.pid),
            "url": "",
            "local_url": "",
        }
        (home.data / launch.SERVER_FILE).write_text(json.dumps(state))
        found = settings_of_server(home.data, {})
        server.communicate(b"\n")
    assert Recordings.of(home.data, found).folder == recordings
    assert settings_of_server(home.data, {}) == {}, "the server has ended"


def test_a_server_whose_environment_is_empty_at_first_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, read = (
        an_installation(tmp_path / "here"),
        iter([b"", b"", b"ANNOTATE_RECORDINGS=/voices\0"]),
    )
    monkeypatch.setattr(launch, "find", lambda data: SimpleNamespace(pid=1))
    monkeypatch.setattr(Path, "read_bytes", lambda path: next(read))
    assert settings_of_server(home.data, {})["ANNOTATE_RECORDINGS"] == "/voices"


def test_an_empty_environment_of_the_server_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = an_installation(tmp_path / "here")
    monkeypatch.setattr("annotate.archive.studio_files.STARTING_S", 0.02)
    monkeypatch.setattr(launch, "find", lambda data: SimpleNamespace(pid=1))
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"")
    outer = {"ANNOTATE_RECORDINGS": "/mine"}
    assert settings_of_server(home.data, outer) == outer


def test_recordings_in_an_object_store_are_noted(tmp_path: Path) -> None:
    what = an_installation(tmp_path / "here").what({"ANNOTATE_RECORDINGS": "s3://voices/of-us"})
    (note,) = back_up(what, tmp_path / "backups").backup.record.notes
    assert "s3://voices/of-us" in note


@pytest.mark.parametrize("environment", [{"POSTGRE_HOST": "db.local"}, {}])
def test_postgres_is_noted_in_one_line(tmp_path: Path, environment: dict[str, str]) -> None:
    home = an_installation(tmp_path / "here")
    (home.data / "label_studio.sqlite3").unlink()
    made = back_up(home.what(environment), tmp_path / "backups")
    (note,) = made.backup.record.notes
    assert "pg_dump" in note
    assert "\n" not in note
    assert "studio/token" in {one.path for one in made.backup.record.files}


def test_without_a_studio_the_lake_is_backed_up_with_a_note(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    what = Installation(home.root).what()
    object.__setattr__(what, "data", tmp_path / "none")
    made = back_up(what, tmp_path / "backups").backup.record
    assert "no Label Studio" in made.notes[0]
    assert made.part("lake")


def test_incomplete_uploads_and_loops_of_links_are_excluded(tmp_path: Path) -> None:
    home = an_installation(tmp_path / "here")
    (home.data / "recordings" / ".4567.webm.0123").write_bytes(b"half")
    (home.data / "recordings" / "self").symlink_to(home.data / "recordings")
    found = studio_files(home.data, Recordings.of(home.data, {}))
    assert {one.path for one in found.files if "recordings" in one.path} == {
        "studio/recordings/0123.webm"
    }


def test_the_copy_of_a_database_is_a_consistent_snapshot(tmp_path: Path) -> None:
    live = tmp_path / "live.sqlite3"
    with closing(sqlite3.connect(live, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (x)")
        writer.execute("INSERT INTO t VALUES (1)")
        writer.execute("BEGIN")
        writer.execute("INSERT INTO t VALUES (2)")
        assert copy_database(live, tmp_path / "copy.sqlite3") is None
        writer.execute("COMMIT")
    with closing(sqlite3.connect(tmp_path / "copy.sqlite3")) as copy:
        assert copy.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.sqlite3"]

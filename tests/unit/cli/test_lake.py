"""`annotate lake verify`: what it prints, what it repairs, and its exit codes."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotate import pipeline
from annotate.archive.make import back_up
from annotate.archive.target import What
from annotate.cli.app import app
from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings
from annotate.settings import Settings
from annotate.store.location import LakeLocation
from tests.builders import a_recording, frame


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with one blob, damaged, and an undamaged copy of the lake next to it."""
    at = pipeline.open_lake(Settings(lake=str(tmp_path / "lake")))
    blob = at.blobs.put("audio", b"sound", "webm")
    at.append(Recordings, frame(Recordings, [a_recording(blob=blob)]))
    shutil.copytree(at.root, tmp_path / "backup")
    (tmp_path / "lake" / blob).write_bytes(b"saund")
    return Path(at.root)


def verify(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["lake", "verify", *arguments], standalone_mode=False)
    return int(done.return_value), done.stdout


def test_damage_is_named_and_the_exit_code_is_1(lake: Path) -> None:
    code, text = verify("--lake", str(lake))
    assert code == 1
    assert "damaged" in text
    assert "1 file of tables and 1 blob read, 1 damaged or missing" in text


def test_json_has_every_finding(lake: Path) -> None:
    code, text = verify("--lake", str(lake), "--json")
    report = json.loads(text)
    assert (code, report["sound"], report["table_files"], report["blobs"]) == (1, False, 1, 1)
    (finding,) = report["findings"]
    assert finding["path"].startswith("blobs/audio/")
    assert (finding["problem"], finding["repaired"]) == ("damaged", False)


def test_a_copy_of_the_lake_repairs_it(lake: Path) -> None:
    backup = str(lake.parent / "backup")
    code, text = verify("--lake", str(lake), "--repair-from", backup)
    assert (code, "all repaired" in text) == (0, True)
    code, text = verify("--lake", str(lake))
    assert (code, "all are undamaged" in text) == (0, True)


def test_complete_paths_and_missing_backups_are_printed(lake: Path) -> None:
    (blob,) = (lake.parent / "backup").glob("blobs/audio/*/*")
    blob.unlink()
    code, text = verify("--lake", str(lake), "--repair-from", str(lake.parent / "backup"))
    assert code == 1
    assert f"damaged {blob.relative_to(lake.parent / 'backup')}\n" in text
    assert "; the backup has no undamaged copy of it\n" in text


@pytest.mark.parametrize("which", ["all of them", "one of them"])
def test_a_backup_by_annotate_repairs_it(lake: Path, which: str) -> None:
    (blob,) = lake.glob("blobs/audio/*/*")
    (rows,) = lake.glob("tables/recordings/part-*")
    blob.write_bytes(b"sound")
    backups = lake.parent / "backups"
    what = What(lake=LakeLocation(str(lake), {}), data=lake.parent / "none", settings=None)
    made = back_up(what, backups)
    blob.write_bytes(b"saund")
    rows.unlink()
    source = backups if which == "all of them" else made.backup.folder
    code, text = verify("--lake", str(lake), "--repair-from", str(source))
    assert (code, "all repaired" in text) == (0, True)


def test_the_files_of_a_lake_are_readable_only_by_the_owner(lake: Path) -> None:
    parts = [path for path in lake.iterdir() if path.is_dir()]
    assert {path.name for path in parts} >= {"tables", "blobs"}
    for path in parts:  # an older lake, open to all
        path.chmod(0o755)
    pipeline.open_lake(Settings(lake=str(lake))).blobs.put("audio", b"more", "webm")
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in parts] == [0] * len(parts)
    blob = max(lake.glob("blobs/audio/*/*"), key=lambda path: path.stat().st_mtime_ns)
    assert stat.S_IMODE(blob.stat().st_mode) & 0o077 == 0


def test_umask_can_allow_access_to_the_group(tmp_path: Path) -> None:
    at = pipeline.open_lake(Settings(lake=str(tmp_path / "shared"), umask="007"))
    at.blobs.put("audio", b"sound", "webm")
    (blob,) = Path(at.root).glob("blobs/audio/*/*")
    assert stat.S_IMODE(blob.stat().st_mode) == 0o660


def test_printing_a_pseudonym_creates_no_lake(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="there is no lake"):
        CliRunner().invoke(
            app,
            ["annotator", "a@example.org", "--lake", str(tmp_path / "typo")],
            standalone_mode=False,
            catch_exceptions=False,
        )
    assert list(tmp_path.iterdir()) == []

"""Damaged tables and errors of the file system give one line and exit code 2, in any command."""

import errno
import gc
import json
import sys
from pathlib import Path

import pytest

from annotate.cli import app, main
from annotate.store.lake import Lake
from tests.release_builders import a_lake
from tests.unit.store.damage import DAMAGE, lose_the_last_commit

COMMANDS = {
    ("status",): "captions",
    ("ingest", "SOURCE"): "recordings",
    ("transcribe", "--model", "demo"): "recordings",
    ("align",): "transcripts",
    ("check",): "transcripts",
    ("caption",): "narrations",
    ("review", "auto"): "captions",
    ("review", "agreement"): "reviews",
    ("release", "create", "v1"): "captions",
    ("run", "SOURCE", "--model", "demo"): "recordings",
}
"""Commands, and a table that each of them reads."""


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    """Exit code and standard error, without the lines that a panic in Rust prints before."""
    gc.collect()  # close what other tests have open in damaged lakes
    monkeypatch.setattr(sys, "argv", ["annotate", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    message = capsys.readouterr().err
    return int(exit_.value.code or 0), message[message.find("annotate:") :]


def a_source(root: Path) -> Path:
    """A source whose only line has no consent."""
    root.mkdir()
    line = {"recording": "a.webm", "image": "a.jpg", "annotator": "ann-1"}
    (root / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    return root


def with_second_commit(lake: Lake, table: str) -> Path:
    """The table's folder, after another commit with the same rows."""
    found = lake.delta(table).open()
    assert found is not None
    lake.delta(table).append(found.scan().collect())
    return Path(lake.delta(table).where)


@pytest.mark.parametrize("damage", [*DAMAGE, "the last commit is gone"])
def test_status_reports_every_kind_of_damage(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, damage: str
) -> None:
    table = with_second_commit(a_lake(tmp_path / "lake"), "captions")
    DAMAGE.get(damage, lose_the_last_commit)(table)
    code, message = run(monkeypatch, capsys, "status", "--lake", str(tmp_path / "lake"))
    assert (code, len(message.splitlines())) == (2, 1)
    assert str(table) in message
    assert "restore it from a backup" in message


@pytest.mark.parametrize("damage", ["garbage in the last commit", "a data file is overwritten"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_reports_a_damaged_table(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, command: tuple[str, ...], damage: str
) -> None:
    lake = a_lake(tmp_path / "lake")
    table = with_second_commit(lake, COMMANDS[command])
    DAMAGE[damage](table)
    source = str(a_source(tmp_path / "source"))
    arguments = [source if one == "SOURCE" else one for one in command]
    code, message = run(monkeypatch, capsys, *arguments, "--lake", str(tmp_path / "lake"))
    assert (code, len(message.splitlines())) == (2, 1)
    assert str(table) in message
    assert Lake(tmp_path / "lake").quarantined().filter(reason="unexpected_error").is_empty()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_an_error_of_the_file_system_is_one_line_with_the_path(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, number: int
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise OSError(number, "a stub", str(tmp_path / "some file"))

    a_lake(tmp_path / "lake")
    monkeypatch.setattr("annotate.release.folder.ReleaseFolder.write", fail)
    code, message = run(
        monkeypatch, capsys, "release", "create", "v1", "--lake", str(tmp_path / "lake")
    )
    assert (code, len(message.splitlines())) == (2, 1)
    assert str(tmp_path / "some file") in message


def test_a_panic_in_polars_gives_no_traceback(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    import polars as pl

    def panic(*args: object) -> None:
        raise pl.exceptions.PanicException("a stub of a panic in Rust code")

    monkeypatch.setattr("annotate.store.lake.Lake.counts", panic)
    a_lake(tmp_path / "lake")
    code, message = run(monkeypatch, capsys, "status", "--lake", str(tmp_path / "lake"))
    assert code == app.BUG
    assert "PanicException" in message
    assert "Traceback" not in message


def test_a_file_in_place_of_the_lake_is_an_error(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "lake").write_text("a file")
    source = str(a_source(tmp_path / "source"))
    code, message = run(monkeypatch, capsys, "ingest", source, "--lake", str(tmp_path / "lake"))
    assert (code, len(message.splitlines())) == (2, 1)
    assert "Not a directory" in message

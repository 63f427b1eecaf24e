"""Damage, full disks and forbidden folders end in one line and exit code 2, in any command."""

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
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    """Exit code and what is said on standard error but for a panic's own words."""
    gc.collect()  # the damaged lakes of other tests are none of this process's
    monkeypatch.setattr(sys, "argv", ["annotate", *words])
    with pytest.raises(SystemExit) as leaving:
        main()
    said = capsys.readouterr().err
    return int(leaving.value.code or 0), said[said.find("annotate:") :]


def a_source(root: Path) -> Path:
    """A source whose only line has no consent."""
    root.mkdir()
    line = {"recording": "a.webm", "image": "a.jpg", "annotator": "ann-1"}
    (root / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    return root


def twice(lake: Lake, table: str) -> Path:
    """The table's folder, after another commit with the same rows."""
    found = lake.delta(table).open()
    assert found is not None
    lake.delta(table).append(found.scan().collect())
    return Path(lake.delta(table).where)


@pytest.mark.parametrize("damage", [*DAMAGE, "the last commit is gone"])
def test_every_damage_is_told_by_status(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, damage: str
) -> None:
    table = twice(a_lake(tmp_path / "lake"), "captions")
    DAMAGE.get(damage, lose_the_last_commit)(table)
    code, said = run(monkeypatch, capsys, "status", "--lake", str(tmp_path / "lake"))
    assert (code, len(said.splitlines())) == (2, 1)
    assert str(table) in said
    assert "restore it from a backup" in said


@pytest.mark.parametrize("damage", ["garbage in the last commit", "a data file is overwritten"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_of_a_damaged_table(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, command: tuple[str, ...], damage: str
) -> None:
    lake = a_lake(tmp_path / "lake")
    table = twice(lake, COMMANDS[command])
    DAMAGE[damage](table)
    source = str(a_source(tmp_path / "source"))
    words = [source if word == "SOURCE" else word for word in command]
    code, said = run(monkeypatch, capsys, *words, "--lake", str(tmp_path / "lake"))
    assert (code, len(said.splitlines())) == (2, 1)
    assert str(table) in said
    assert Lake(tmp_path / "lake").quarantined().filter(reason="unexpected_error").is_empty()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_a_stub_of_an_error_of_the_system_is_told_with_what_to_do(  # type: ignore[no-untyped-def]
    tmp_path: Path, monkeypatch, capsys, number: int
) -> None:
    def fails(*args: object, **more: object) -> None:
        raise OSError(number, "a stub", str(tmp_path / "some file"))

    a_lake(tmp_path / "lake")
    monkeypatch.setattr("annotate.release.folder.ReleaseFolder.write", fails)
    code, said = run(
        monkeypatch, capsys, "release", "create", "v1", "--lake", str(tmp_path / "lake")
    )
    assert (code, len(said.splitlines())) == (2, 1)
    assert str(tmp_path / "some file") in said


def test_a_panic_of_a_library_is_no_traceback(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    import polars as pl

    def panics(*args: object) -> None:
        raise pl.exceptions.PanicException("a stub of a panic in Rust code")

    monkeypatch.setattr("annotate.store.lake.Lake.counts", panics)
    a_lake(tmp_path / "lake")
    code, said = run(monkeypatch, capsys, "status", "--lake", str(tmp_path / "lake"))
    assert code == app.BUG
    assert "PanicException" in said
    assert "Traceback" not in said


def test_a_file_where_the_lake_should_be(tmp_path: Path, monkeypatch, capsys) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "lake").write_text("a file")
    source = str(a_source(tmp_path / "source"))
    code, said = run(monkeypatch, capsys, "ingest", source, "--lake", str(tmp_path / "lake"))
    assert (code, len(said.splitlines())) == (2, 1)
    assert "Not a directory" in said

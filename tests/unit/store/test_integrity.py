"""Integrity checks: damage is found, repaired from a backup, and never read."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import polars as pl
import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings, Transcripts
from annotate.store import parquet
from annotate.store.integrity import inspect
from annotate.store.lake import Lake
from tests.builders import a_recording, a_transcript, frame, rec

FLIPS = 40


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with two tables of one file each and two blobs."""
    lake = Lake(tmp_path / "lake")
    blobs = [lake.blobs.put("audio", f"sound {n}".encode() * 1000, "webm") for n in range(2)]
    rows = [a_recording(f"{n}", blob=blob) for n, blob in enumerate(blobs)]
    lake.append(Recordings, frame(Recordings, rows))
    lake.append(
        Transcripts,
        frame(Transcripts, [a_transcript(recording_id=rec(f"{n}")) for n in range(200)]),
    )
    return lake


@pytest.fixture
def backup(lake: Lake, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lake.root, tmp_path / "backup"))


def flip(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def only_file(lake: Lake, table: str) -> Path:
    (path,) = (Path(lake.root) / "tables" / table).glob("*.parquet")
    return path


def a_blob(lake: Lake) -> Path:
    return min(Path(lake.root).glob("blobs/audio/*/*"))


def test_an_undamaged_lake_has_no_findings(lake: Lake) -> None:
    done: list[tuple[int, int]] = []
    found = inspect(lake, progress=lambda count, of: done.append((count, of)))
    assert (found.table_files, found.blobs, found.findings, found.sound) == (2, 2, (), True)
    assert done[-1] == (4, 4)


@pytest.mark.parametrize("small", [parquet.SMALL, 0])
def test_every_flipped_bit_of_a_table_is_detected(
    lake: Lake, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "SMALL", small)
    path, truth = only_file(lake, "transcripts"), lake.read(Transcripts)
    intact, rng = path.read_bytes(), random.Random(0)
    undetected, found = 0, 0
    for _ in range(FLIPS):
        flip(path, rng)
        try:
            undetected += not Lake(lake.root).read(Transcripts).equals(truth)
        except (AnnotateError, OSError, pl.exceptions.PolarsError):
            found += 1
        assert [one.problem for one in inspect(lake).findings] == ["damaged"]
        path.write_bytes(intact)
    assert undetected == 0
    assert found == FLIPS or not small  # a bit in a page's header may be unused


def test_every_flipped_bit_of_a_blob_is_detected(lake: Lake) -> None:
    path, rng = a_blob(lake), random.Random(1)
    intact, key = path.read_bytes(), path.relative_to(lake.root).as_posix()
    for _ in range(FLIPS):
        flip(path, rng)
        with pytest.raises(AnnotateError, match="is damaged"):
            lake.blobs.get(key)
        assert [one.path for one in inspect(lake).findings] == [key]
        path.write_bytes(intact)


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damaged_files_are_restored_from_a_backup(lake: Lake, backup: Path, damage: str) -> None:
    truth = lake.read(Transcripts)
    damaged = [only_file(lake, "transcripts"), only_file(lake, "recordings"), a_blob(lake)]
    for path in damaged:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        _damage(path, damage, bytes(data))
    assert not inspect(lake).sound
    after = inspect(lake, str(backup))
    assert [finding.repaired for finding in after.findings] == [True] * 3
    assert after.sound
    assert inspect(lake).findings == ()
    assert Lake(lake.root).read(Transcripts).equals(truth)


def _damage(path: Path, damage: str, flipped: bytes) -> None:
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(flipped if damage == "flip" else flipped[: len(flipped) // 2])


@pytest.mark.parametrize("damage", ["remove", "garbage"])
@pytest.mark.parametrize("version", [0, 1])
def test_a_commit_of_the_log_is_restored_from_a_backup(
    lake: Lake, backup: Path, damage: str, version: int
) -> None:
    path = Path(lake.root) / "tables/transcripts/_delta_log" / f"{version:020d}.json"
    path.unlink() if damage == "remove" else path.write_text("{not json")
    assert [one.path for one in inspect(lake).findings] == [str(path.relative_to(lake.root))]
    assert inspect(lake, str(backup)).sound
    assert Lake(lake.root).read(Transcripts).height == 200


def test_a_blob_is_restored_from_a_file_of_any_name(lake: Lake, tmp_path: Path) -> None:
    path = a_blob(lake)
    folder = tmp_path / "as received"
    folder.mkdir()
    (folder / "take one.webm").write_bytes(path.read_bytes())
    path.write_bytes(b"rot")
    assert inspect(lake, str(folder)).sound
    assert inspect(lake).findings == ()


def test_a_damaged_backup_repairs_nothing(lake: Lake, backup: Path) -> None:
    for root in (Path(lake.root), backup):
        next((root / "tables/transcripts").glob("*.parquet")).write_bytes(b"rot")
    found = inspect(lake, str(backup))
    assert [(one.problem, one.repaired) for one in found.findings] == [("damaged", False)]


def test_storing_the_same_bytes_again_repairs_a_damaged_blob(lake: Lake) -> None:
    path = a_blob(lake)
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    lake.blobs.put("audio", data, "webm")
    assert path.read_bytes() == data


def test_a_missing_lake_or_backup_is_an_error(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="there is no lake"):
        inspect(Lake(tmp_path / "nothing"))
    with pytest.raises(AnnotateError, match="not found"):
        inspect(lake, str(tmp_path / "nothing"))


@pytest.mark.parametrize("part", ["transcripts", "transcripts/_delta_log"])
def test_a_missing_table_is_not_read_as_empty(lake: Lake, backup: Path, part: str) -> None:
    shutil.rmtree(Path(lake.root) / "tables" / part)
    with pytest.raises(AnnotateError, match="_delta_log, the log of a table, is missing"):
        Lake(lake.root).read(Transcripts)
    with pytest.raises(AnnotateError, match="is missing"):
        Lake(lake.root).append(Transcripts, frame(Transcripts, [a_transcript()]))
    assert not inspect(Lake(lake.root)).sound
    assert inspect(Lake(lake.root), str(backup)).sound
    assert Lake(lake.root).read(Transcripts).height == 200


def test_tables_of_other_writers_are_read_with_filters_on_strings(tmp_path: Path) -> None:
    lake, row = Lake(tmp_path), a_transcript("a cat")
    old = frame(Transcripts, [row]).with_columns(
        step_key=pl.lit("k"),
        written_at=pl.lit("2026-01-01").str.to_datetime("%Y-%m-%d", time_zone="UTC"),
        commit_version=pl.lit(1, pl.Int64),
    )
    old.write_delta(lake.location.table("transcripts"))
    rows = lake.scan(Transcripts).filter(pl.col("text") >= "a", pl.col("language") == "en")
    assert rows.collect().height == 1

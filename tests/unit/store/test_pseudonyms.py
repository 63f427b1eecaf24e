"""Pseudonyms of names: a keyed hash, and the storage of its key."""

import hashlib
import hmac
import multiprocessing
import stat
from pathlib import Path

import fsspec
import pytest

from annotate.model.errors import AnnotateError
from annotate.model.tables import Recordings
from annotate.store.lake import Lake
from annotate.store.pseudonyms import KEY, MARK, Pseudonyms, create_exclusively
from tests.builders import a_recording, lake_with


def test_a_pseudonym_is_a_keyed_hash(tmp_path: Path) -> None:
    expected = hmac.new(b"key", b"jane@example.org", hashlib.sha256).hexdigest()[:16]
    assert Pseudonyms(Lake(tmp_path), "key").of("jane@example.org") == f"ann-{expected}"


def test_a_lakes_own_key_is_stored_in_a_private_file(tmp_path: Path) -> None:
    first = Pseudonyms(Lake(tmp_path / "a")).of("jane")
    assert Pseudonyms(Lake(tmp_path / "a")).of("jane") == first
    assert Pseudonyms(Lake(tmp_path / "b")).of("jane") != first
    key = tmp_path / "a" / KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert len(bytes.fromhex(key.read_text())) == 32
    assert not list((tmp_path / "a" / "staging").iterdir())


def test_a_given_key_is_not_stored(tmp_path: Path) -> None:
    Pseudonyms(Lake(tmp_path), "given").of("jane")
    assert not (tmp_path / KEY).exists()


@pytest.mark.parametrize(
    ("first", "second"), [("right", "wrong"), (None, "wrong"), ("right", None)]
)
def test_another_key_is_rejected(tmp_path: Path, first: str | None, second: str | None) -> None:
    for _ in range(2):  # the same key is accepted again
        Pseudonyms(Lake(tmp_path), first).agree_with(Lake(tmp_path))
    with pytest.raises(AnnotateError, match="isn't the key that this lake's pseudonyms were made"):
        Pseudonyms(Lake(tmp_path), second).agree_with(Lake(tmp_path))
    mark = tmp_path / MARK
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    assert b"right" not in mark.read_bytes()


def _of(root: str) -> str:
    return Pseudonyms(Lake(root)).of("jane")


def test_concurrent_processes_create_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        found = pool.map(_of, [str(tmp_path / "lake")] * 6, chunksize=1)
    assert len(set(found)) == 1


def test_in_object_storage_the_first_key_stays() -> None:
    fs = fsspec.filesystem("memory")
    create_exclusively(fs, "/pseudonyms/key", b"first")
    with pytest.raises(FileExistsError):
        create_exclusively(fs, "/pseudonyms/key", b"second")
    assert fs.cat_file("/pseudonyms/key") == b"first"
    fs.rm("/pseudonyms", recursive=True)


@pytest.mark.parametrize("content", ["", "no key", "abcd", "\xff"])
def test_a_damaged_key_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / KEY).write_text(content, encoding="latin-1")
    with pytest.raises(AnnotateError, match="damaged: restore it"):
        Pseudonyms(Lake(tmp_path))


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    named = a_recording(annotator_id=Pseudonyms(Lake(tmp_path)).of("jane"))
    lake = lake_with(tmp_path, {Recordings: [named]})
    (tmp_path / KEY).unlink()
    with pytest.raises(AnnotateError, match="restore it from a backup"):
        Pseudonyms(lake)
    assert not (tmp_path / KEY).exists()

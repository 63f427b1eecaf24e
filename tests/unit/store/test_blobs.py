"""Blobs: content addressing, atomic writes, and cleanup of staging files."""

import hashlib
import os
import time
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.store.blobs import Blobs
from annotate.store.location import LakeLocation


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_blob_is_named_by_its_hash_and_read_back(tmp_path: Path) -> None:
    blobs = Blobs(LakeLocation(str(tmp_path), {}))
    key = blobs.put("audio", b"sound", "webm")
    sha256 = hashlib.sha256(b"sound").hexdigest()
    assert key == f"blobs/audio/{sha256[:2]}/{sha256}.webm"
    assert blobs.get(key) == b"sound"
    assert files(tmp_path) == [key]


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    blobs = Blobs(LakeLocation(str(tmp_path), {}))
    assert blobs.put("audio", b"sound", "webm") == blobs.put("audio", b"sound", "webm")
    assert len(files(tmp_path)) == 1


def test_the_error_of_a_lost_blob_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="restore it from a backup"):
        Blobs(LakeLocation(str(tmp_path), {})).get("blobs/audio/00/00.webm")


def test_staging_files_of_killed_runs_are_deleted_after_a_day(tmp_path: Path) -> None:
    blobs = Blobs(LakeLocation(str(tmp_path), {}))
    staging = tmp_path / "staging"
    staging.mkdir()
    for name, age_s in {"abandoned": 90_000, "under-way": 60}.items():
        (staging / name).write_bytes(b"half")
        then = time.time() - age_s
        os.utime(staging / name, (then, then))
    assert blobs.sweep_staging() == 1
    assert files(tmp_path) == ["staging/under-way"]


def test_object_storage_works_the_same(tmp_path: Path) -> None:
    blobs = Blobs(LakeLocation("memory://lake", {}))
    key = blobs.put("images", b"picture", "jpg")
    assert blobs.get(key) == b"picture"

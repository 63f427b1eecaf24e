from __future__ import annotations

from collections.abc import Iterator

import fsspec
import pytest

from annotate.model.errors import AnnotateError
from annotate.release.folder import ReleaseFolder
from annotate.release.manifest import Manifest, content_hash
from annotate.store.lake import Lake


@pytest.fixture
def lake() -> Iterator[Lake]:
    """A lake on a file system that, like an object store, isn't the local disk."""
    yield Lake("memory://lake")
    fsspec.filesystem("memory").rm("/lake", recursive=True)


def a_manifest(folder: ReleaseFolder) -> Manifest:
    files = (folder.write("data/train-00000-of-00001.parquet", b"rows"),)
    return Manifest(
        version="v1", content_sha256=content_hash(files), counts={}, step_keys={}, files=files
    ).sealed()


def unchanged() -> None:
    """A final check that finds no change."""


def test_on_object_storage_the_manifest_completes_a_release(lake: Lake) -> None:
    folder = ReleaseFolder(lake, "v1")
    manifest = a_manifest(folder)
    assert folder.manifest() is None
    folder.complete(manifest, unchanged)
    assert ReleaseFolder(lake, "v1").manifest() == manifest


def test_files_of_a_killed_run_are_deleted(lake: Lake) -> None:
    folder = ReleaseFolder(lake, "v1")
    folder.write("data/old.parquet", b"from a killed run")
    folder.complete(a_manifest(folder), unchanged)
    found = fsspec.filesystem("memory").find("/lake/releases/v1")
    assert sorted(path.rpartition("/")[2] for path in found) == [
        "manifest.json",
        "train-00000-of-00001.parquet",
    ]


def test_a_failed_final_check_leaves_no_files(lake: Lake) -> None:
    def withdrawn() -> None:
        raise AnnotateError("a recording was withdrawn")

    folder = ReleaseFolder(lake, "v1")
    with pytest.raises(AnnotateError, match="was withdrawn"):
        folder.complete(a_manifest(folder), withdrawn)
    assert folder.manifest() is None
    assert fsspec.filesystem("memory").find("/lake/releases") == []

"""Comparison of releases with a lake's record, which detects forgeries with valid hashes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.release.create import create
from annotate.release.origin import lake_around, record_of
from annotate.release.verify import manifest_of, verify
from annotate.store.lake import Lake
from tests.builders import without_table
from tests.release_builders import a_lake, forge, older_manifest, put_image


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return a_lake(tmp_path / "lake", 2)


@pytest.fixture
def root(lake: Lake) -> Path:
    return Path(create(lake, "v1").path)


def record(lake: Lake, root: Path) -> str:
    return record_of(lake, manifest_of(root), root.name)


def test_an_unchanged_release_is_the_recorded_one(lake: Lake, root: Path) -> None:
    assert record(lake, root) == "same"


def test_forged_captions_with_a_new_manifest_are_another_release(lake: Lake, root: Path) -> None:
    (root / "README.md").write_text("forged")
    forge(root)
    assert verify(root) == ()
    assert record(lake, root) == "other"


def test_a_changed_viewer_with_a_new_manifest_is_another_release(lake: Lake, root: Path) -> None:
    before = manifest_of(root).content_sha256
    (root / "index.html").write_text("<script>alert(1)</script>")
    forge(root)
    assert manifest_of(root).content_sha256 == before
    assert record(lake, root) == "other"


@pytest.mark.parametrize(
    "over", [{"counts": {"images": 9}}, {"step_keys": {}}, {"schema_version": 2}]
)
def test_changed_counts_are_another_release(
    lake: Lake, root: Path, over: dict[str, object]
) -> None:
    forge(root, **over)
    assert record(lake, root) == ("same" if "schema_version" in over else "other")


def test_a_renamed_version_is_another_release(lake: Lake, root: Path) -> None:
    put_image(lake, 9)
    create(lake, "v2")
    forge(root, version="v2")
    assert record(lake, root) == "other"
    shutil.rmtree(root)
    root.with_name("v2").rename(root)
    assert record(lake, root) == "other", "v2 under the name of v1"
    root.rename(root.with_name("v3"))
    assert record(lake, root.with_name("v3")) == "absent"


def test_a_manifest_of_version_0_1_is_another_release(lake: Lake, root: Path) -> None:
    manifest = manifest_of(root)
    (root / "manifest.json").write_bytes(older_manifest(manifest))
    assert verify(root) == ()
    assert record(lake, root) == "other"


def test_only_the_lake_that_contains_a_release_is_found(
    lake: Lake, root: Path, tmp_path: Path
) -> None:
    found = lake_around(root)
    assert found is not None
    assert found.root == lake.root
    shutil.copytree(root, tmp_path / "releases/v1")
    assert lake_around(tmp_path / "releases/v1") is None
    assert lake_around(tmp_path / "lake") is None


def test_a_forged_folder_is_an_error(lake: Lake, root: Path) -> None:
    (root / "index.html").write_text("<script>alert(1)</script>")
    forge(root)
    with pytest.raises(AnnotateError, match="isn't what this lake released"):
        create(lake, "v1")


def test_a_forged_folder_is_not_recorded_after_an_interrupted_run(lake: Lake, root: Path) -> None:
    """A run killed after the folder is complete leaves a release that isn't recorded."""
    without_table(Path(lake.root), "releases")
    (root / "index.html").write_text("<script>alert(1)</script>")
    forge(root)
    with pytest.raises(AnnotateError, match="isn't what this lake released"):
        create(lake, "v1")


def test_a_rebuilt_folder_with_other_content_is_an_error(
    lake: Lake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(root)
    monkeypatch.setattr("annotate.release.create.release_page", lambda *_: "another page")
    with pytest.raises(AnnotateError, match="byte for byte"):
        create(lake, "v1")
    assert not root.exists()


def test_a_release_of_version_0_1_is_unchanged(lake: Lake, root: Path) -> None:
    without_table(Path(lake.root), "releases")
    (root / "manifest.json").write_bytes(older_manifest(manifest_of(root)))
    first = create(lake, "v1")
    assert (first.release_sha256, first.reused) == (None, False)
    assert create(lake, "v1").reused
    assert record(lake, root) == "same"

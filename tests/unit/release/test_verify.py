from __future__ import annotations

from pathlib import Path

import pytest

from annotate.model.errors import AnnotateError
from annotate.release.create import create
from annotate.release.verify import Difference, verify
from tests.release_builders import a_lake


def test_names_every_difference(tmp_path: Path) -> None:
    root = Path(create(a_lake(tmp_path, 2), "v1").path)
    assert verify(root) == ()
    (root / "README.md").write_text("forged")
    (root / "index.html").unlink()
    (root / "extra.txt").write_text("new")
    assert verify(root) == (
        Difference(path="README.md", kind="changed"),
        Difference(path="extra.txt", kind="unlisted"),
        Difference(path="index.html", kind="missing"),
    )


def test_a_folder_without_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match="not a release"):
        verify(tmp_path)

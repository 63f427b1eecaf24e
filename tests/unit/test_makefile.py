"""Effects of `make` on a clone in a folder of any name."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"

DATA = ("data/lake/tables/x", "data/demo/x", "data/studio/x", "data/anything", "annotate/x.py")
CACHES = (".venv/x", ".venv-studio/x", "annotate/store/__pycache__/x", ".mypy_cache/x")


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("name", ["clone", "My Projects بيانات #1", "-rf $HOME"])
def test_clean_never_touches_data(tmp_path: Path, name: str) -> None:
    clone = tmp_path / name
    for path in (*DATA, *CACHES, "flows/a", "tests/a", "benchmarks/a", "deploy/a"):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        (clone / path).write_text("content")
    shutil.copy(MAKEFILE, clone)
    subprocess.run(["make", "clean"], cwd=clone, check=True, capture_output=True)
    assert all((clone / path).is_file() for path in DATA)
    assert not any((clone / path).exists() for path in CACHES)

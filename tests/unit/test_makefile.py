"""Effects of `make` on a clone in a folder of any name."""

import os
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


PYTHON = """#!/bin/sh
for one; do printf '%s\\n' "$one"; done > called
"""
"""In place of the environment's Python: writes its arguments, one a line."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose environment is complete."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shutil.copy(MAKEFILE, tmp_path)
    for name in ("pyproject.toml", "constraints.txt", ".venv/.installed"):
        (tmp_path / name).write_text("")
    python = tmp_path / ".venv/bin/python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return tmp_path


def called(clone: Path, *words: str, **variables: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MODEL"}
    command = ["make", *words]
    subprocess.run(command, cwd=clone, env=environment | variables, check=True, capture_output=True)
    return (clone / "called").read_text().splitlines()


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("model", ["base", "my models/it's $HOME.pt", ""])
def test_demo_runs_with_a_model_that_is_named(clone: Path, model: str) -> None:
    escaped = model.replace("$", "$$")
    arguments = called(clone, "demo", f"MODEL={escaped}")
    assert arguments == ["tools/demo_with_model.py", model]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_demo_runs_with_its_own_model_whatever_the_environment_has(clone: Path) -> None:
    assert called(clone, "demo", MODEL="base") == ["-m", "annotate", "demo"]

"""On the base install help and `pull` work; other commands name the extra to install."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from annotate.cli import extras
from annotate.release.create import create
from tests.release_builders import a_lake, tree

ROOT = Path(__file__).parents[3]

WITHOUT = """
import importlib.abc, json, sys
missing = set(json.loads(sys.argv[1]))
class Without(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
from tests.unit.cli.commands import commands, required_arguments, run_command
lines = json.loads(sys.argv[2]) or [
    [*path, *words] for path in commands()
    for words in (["--help"], ["--version"] if not path else required_arguments(path))
]
print(json.dumps([[line, *run_command(*line)] for line in lines]))
"""
"""Simulates an environment without some packages; creating one for each extra takes minutes."""

Outputs = list[tuple[list[str], int, str, str]]


def outputs_without(missing: set[str], *lines: list[str]) -> Outputs:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, json.dumps(sorted(missing)), json.dumps(lines)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    found: Outputs = json.loads(run.stdout)
    return found


EVERYTHING = {module for modules in extras.MODULES.values() for module in modules} - {"pydantic"}
"""Modules that a base install lacks. Pydantic is a dependency of typer."""


@pytest.fixture(scope="module")
def base_install() -> Outputs:
    return outputs_without(EVERYTHING)


def test_help_works_without_extras(base_install: Outputs) -> None:
    help_outputs = [one for one in base_install if one[0][-1:] in (["--help"], ["--version"])]
    assert len(help_outputs) > 25
    assert [line for line, code, out, err in help_outputs if code or not out or err] == []


def test_every_command_names_the_extra_to_install(base_install: Outputs) -> None:
    need_nothing = ([], ["pull", "x", "x"], ["studio", "down"], ["studio"], ["lake"], ["release"])
    called = [
        one
        for one in base_install
        if one[0] not in need_nothing and one[0][-1] not in ("--help", "--version")
    ]
    assert len(called) > 20
    for line, code, out, err in called:
        words = " ".join(line[:2])
        extra = extras.COMMANDS.get(words) or extras.COMMANDS.get(line[0], "lake")
        assert (code, out) == (2, ""), line
        assert re.fullmatch(
            rf"annotate: this command needs \w+, which isn't installed: "
            rf"pip install 'annotate-aloud\[{extra}\]'\n",
            err,
        ), (line, err)


def test_with_json_a_missing_extra_is_json() -> None:
    ((_, code, out, err),) = outputs_without(EVERYTHING, ["status", "--json"])
    assert (code, err) == (2, "")
    assert "annotate-aloud[lake]" in json.loads(out)["error"]


def test_a_release_is_pulled_on_the_base_install(tmp_path: Path) -> None:
    release = create(a_lake(tmp_path / "lake", 1), "v1").path
    target = str(tmp_path / "target")
    ((_, code, out, err),) = outputs_without(EVERYTHING, ["pull", release, target, "--json"])
    assert (code, json.loads(out)["captions"], err) == (0, 1, "")
    assert tree(Path(target)) == tree(Path(release))


@pytest.mark.parametrize("extra", ["whisper", "ctranslate2", "studio", "flows"])
def test_the_modules_of_every_extra_are_listed(extra: str) -> None:
    """Every package of an extra is listed by the name under which it is imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra_requirements = project["optional-dependencies"]
    modules: dict[str, list[str]] = {}
    for module, names in metadata.packages_distributions().items():
        for name in names:
            modules.setdefault(_normalized(name), []).append(module)
    for requirement in (*extra_requirements["lake"], *extra_requirements[extra]):
        name = _normalized(re.split(r"[<>=\[; ]", requirement)[0])
        if name in ("annotate_aloud", "audioop_lts") or name not in modules:
            continue
        public = [one for one in modules[name] if not one.startswith("_") and one != "tests"]
        assert any(one in EVERYTHING | {"pydantic"} for one in public), (name, public)


def _normalized(name: str) -> str:
    """The name in the form that compares equal however it is written."""
    return name.lower().replace("-", "_").replace(".", "_")

"""On the base install help and `pull` work, and whatever needs more says which extra brings it."""

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
from tests.unit.cli.commands import commands, needed, said
lines = json.loads(sys.argv[2]) or [
    [*path, *words] for path in commands()
    for words in (["--help"], ["--version"] if not path else needed(path))
]
print(json.dumps([[line, *said(*line)] for line in lines]))
"""
"""Stands for an environment without some packages: making one for each extra takes minutes."""

Said = list[tuple[list[str], int, str, str]]


def said_without(missing: set[str], *lines: list[str]) -> Said:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, json.dumps(sorted(missing)), json.dumps(lines)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    found: Said = json.loads(run.stdout)
    return found


EVERYTHING = {module for modules in extras.MODULES.values() for module in modules} - {"pydantic"}
"""All that a base install lacks. Typer brings pydantic."""


@pytest.fixture(scope="module")
def on_the_base_install() -> Said:
    return said_without(EVERYTHING)


def test_all_help_is_there(on_the_base_install: Said) -> None:
    helped = [one for one in on_the_base_install if one[0][-1:] in (["--help"], ["--version"])]
    assert len(helped) > 25
    assert [line for line, code, out, err in helped if code or not out or err] == []


def test_every_command_says_what_to_install(on_the_base_install: Said) -> None:
    need_nothing = ([], ["pull", "x", "x"], ["studio", "down"], ["studio"], ["lake"], ["release"])
    asked = [
        one
        for one in on_the_base_install
        if one[0] not in need_nothing and one[0][-1] not in ("--help", "--version")
    ]
    assert len(asked) > 20
    for line, code, out, err in asked:
        words = " ".join(line[:2])
        extra = extras.COMMANDS.get(words) or extras.COMMANDS.get(line[0], "lake")
        assert (code, out) == (2, ""), line
        assert re.fullmatch(
            rf"annotate: this command needs \w+, which isn't installed: "
            rf"pip install 'annotate-aloud\[{extra}\]'\n",
            err,
        ), (line, err)


def test_as_json_it_is_json() -> None:
    ((_, code, out, err),) = said_without(EVERYTHING, ["status", "--json"])
    assert (code, err) == (2, "")
    assert "annotate-aloud[lake]" in json.loads(out)["error"]


def test_a_release_is_pulled_on_the_base_install(tmp_path: Path) -> None:
    release = create(a_lake(tmp_path / "lake", 1), "v1").path
    there = str(tmp_path / "there")
    ((_, code, out, err),) = said_without(EVERYTHING, ["pull", release, there, "--json"])
    assert (code, json.loads(out)["captions"], err) == (0, 1, "")
    assert tree(Path(there)) == tree(Path(release))


@pytest.mark.parametrize("extra", ["whisper", "ctranslate2", "studio", "flows"])
def test_every_package_of_an_extra_is_known(extra: str) -> None:
    """A package that an extra asks for is found by the name under which it is imported."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    modules: dict[str, list[str]] = {}
    for module, names in metadata.packages_distributions().items():
        for name in names:
            modules.setdefault(_plain(name), []).append(module)
    for requirement in (*asked["lake"], *asked[extra]):
        name = _plain(re.split(r"[<>=\[; ]", requirement)[0])
        if name in ("annotate_aloud", "audioop_lts") or name not in modules:
            continue
        public = [one for one in modules[name] if not one.startswith("_") and one != "tests"]
        assert any(one in EVERYTHING | {"pydantic"} for one in public), (name, public)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")

"""Help and messages contain no Python types and name only options that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import annotate
from tests.unit.cli.commands import click_commands, commands, options, run_command

CODE = sorted(Path(annotate.__file__).parent.rglob("*.py"))
OBJECT = re.compile(r"<[\w.]+( object| at 0x|\[|>)|\b(bool|str|int|float|list\[)>|0x[0-9a-f]{6,}")

FOREIGN_OPTIONS = {
    *("--disable-pip-version-check", "--no-input", "--only-binary", "--progress-bar"),  # pip
    *("--internal-host", "--log-level", "--no-browser"),  # Label Studio
    *("--file", "--format"),  # pg_dump
}
"""Options of other programs that are in our code."""


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_help_contains_no_python_types(
    path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = run_command(*path, "--help")
    assert code == 0
    assert OBJECT.search(out) is None, out
    assert "list[" not in out
    assert "range>" not in out


def test_python_types_would_be_found() -> None:
    for text in ("<_io.BytesIO object at 0x7f1c>", "<bool>", "<list[Path]>", "<int range>"):
        assert OBJECT.search(text) or "list[" in text or "range>" in text


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_options_named_in_messages_exist(path: Path) -> None:
    """Check every string in the code, which may be part of a message."""
    tree = ast.parse(path.read_text())
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    named = {
        one for text in texts for one in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)
    } - FOREIGN_OPTIONS
    assert named <= options(), path


def test_the_list_of_options_is_not_empty() -> None:
    assert {"--lake", "--model", "--sha256"} <= options()


def test_an_option_has_the_same_help_in_every_command() -> None:
    """Options with the same meaning everywhere, such as `--data`, have one help text."""
    helps: dict[str, set[str]] = {}
    for command in click_commands():
        for parameter in command.params:
            for name in parameter.opts:
                if name.startswith("--"):
                    helps.setdefault(name, set()).add(getattr(parameter, "help", None) or "")
    assert len(helps["--json"]) == len(helps["--sha256"]) == 1
    assert all(text.startswith("Data folder of ") for text in helps["--data"])

"""Help and messages name what people type: no types of Python, no option that doesn't exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import annotate
from tests.unit.cli.commands import commands, every, options, said

CODE = sorted(Path(annotate.__file__).parent.rglob("*.py"))
OBJECT = re.compile(r"<[\w.]+( object| at 0x|\[|>)|\b(bool|str|int|float|list\[)>|0x[0-9a-f]{6,}")

THEIRS = {
    *("--disable-pip-version-check", "--no-input", "--only-binary", "--progress-bar"),  # pip
    *("--internal-host", "--log-level", "--no-browser"),  # Label Studio
    *("--file", "--format"),  # pg_dump
}
"""Options of other programs that our code calls or names."""


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_help_names_what_is_typed(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = said(*path, "--help")
    assert code == 0
    assert OBJECT.search(out) is None, out
    assert "list[" not in out
    assert "range>" not in out


def test_what_would_be_found_is() -> None:
    for text in ("<_io.BytesIO object at 0x7f1c>", "<bool>", "<list[Path]>", "<int range>"):
        assert OBJECT.search(text) or "list[" in text or "range>" in text


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_an_option_that_a_message_names_exists(path: Path) -> None:
    """Every text in the code, docstrings aside, that people may be shown."""
    tree = ast.parse(path.read_text())
    spoken = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    named = {
        one for text in spoken for one in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text)
    } - THEIRS
    assert named <= options(), path


def test_some_messages_name_options() -> None:
    assert {"--lake", "--model", "--sha256"} <= options()


def test_an_option_of_one_name_means_one_thing() -> None:
    """Those whose meaning is the same everywhere have one text; `--data` is one of them."""
    meant: dict[str, set[str]] = {}
    for command in every():
        for parameter in command.params:
            for name in parameter.opts:
                if name.startswith("--"):
                    meant.setdefault(name, set()).add(getattr(parameter, "help", None) or "")
    assert len(meant["--json"]) == len(meant["--sha256"]) == 1
    assert all(text.startswith("Data folder of ") for text in meant["--data"])

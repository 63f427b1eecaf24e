"""Every command that there is, as it is typed, and what becomes of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import typer

from annotate.cli import app, main


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group of commands."""
    command = command or typer.main.get_command(app.app)
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def every(command: Any = None) -> Iterator[Any]:
    """Every command and group of commands, as click knows it."""
    command = command or typer.main.get_command(app.app)
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from every(below)


def options() -> set[str]:
    """Every option that some command has."""
    all_of_them = (one for command in every() for one in command.params)
    spelt = (name for one in all_of_them for name in [*one.opts, *one.secondary_opts])
    return {"--help", *(name for name in spelt if name.startswith("--"))}


def needed(path: tuple[str, ...]) -> list[str]:
    """Words for the arguments that a command asks for."""
    command = typer.main.get_command(app.app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    return ["x" for one in command.params if one.param_type_name == "argument" and one.required]


def said(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command line."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["annotate", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as leaving:
        code = leaving.code
    finally:
        sys.argv = before
    return (code if isinstance(code, int) else 0), out.getvalue(), err.getvalue()

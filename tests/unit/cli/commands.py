"""All commands of the CLI and their options, and a helper that runs one."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import typer

from annotate.cli import app, main


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The name of every command and group, as the words typed after `annotate`."""
    command = command or typer.main.get_command(app.app)
    yield path
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from commands(subcommand, (*path, name))


def click_commands(command: Any = None) -> Iterator[Any]:
    """Every command and group, as a click object."""
    command = command or typer.main.get_command(app.app)
    yield command
    for subcommand in getattr(command, "commands", {}).values():
        yield from click_commands(subcommand)


def options() -> set[str]:
    """Every option of any command."""
    parameters = (one for command in click_commands() for one in command.params)
    names = (name for one in parameters for name in [*one.opts, *one.secondary_opts])
    return {"--help", *(name for name in names if name.startswith("--"))}


def required_arguments(path: tuple[str, ...]) -> list[str]:
    """One word for each required argument of a command."""
    command = typer.main.get_command(app.app)
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    return ["x" for one in command.params if one.param_type_name == "argument" and one.required]


def run_command(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command line."""
    out, err, before = io.StringIO(), io.StringIO(), sys.argv
    sys.argv = ["annotate", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as exit_:
        code = exit_.code
    finally:
        sys.argv = before
    return (code if isinstance(code, int) else 0), out.getvalue(), err.getvalue()

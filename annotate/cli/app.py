"""The command line application: every error becomes one line with a remedy and an exit code."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Any

import typer

import annotate
from annotate.cli import console, extras, stages
from annotate.cli.plain_help import use_plain_help
from annotate.model.errors import AnnotateError
from annotate.model.unexpected import is_unexpected

USAGE: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""Base class of usage errors. Typer contains a copy of click whose names it doesn't export."""

BUG = 70
INTERRUPTED = 130

app = typer.Typer(
    name="annotate",
    help="Turn people describing images aloud into versioned dense-caption datasets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
stages.add_to(app)
use_plain_help()


def _version(wanted: bool) -> None:
    if wanted:
        print(annotate.__version__)
        raise typer.Exit


@app.callback()
def global_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Exit codes: 0 done; 2 an error you can correct; 3 done, but some input was quarantined."""


def main() -> None:
    """Run the command line; never show a traceback unless `--debug` was given."""
    arguments = sys.argv[1:]
    # Allowed anywhere on the line, so that it can be added to the end of a failed command.
    debug = "--debug" in arguments
    if debug:
        _log_to_standard_error()
    arguments = [word for word in arguments if word != "--debug"]
    sys.exit(_run(arguments, "--json" in arguments, debug))


def _log_to_standard_error() -> None:
    """Print the log of our own modules, such as the traceback of a quarantined item's error."""
    ours = logging.getLogger("annotate")
    ours.setLevel(logging.DEBUG)
    ours.handlers = [logging.StreamHandler()]


def _run(arguments: list[str], as_json: bool, debug: bool) -> int:
    try:
        result = app(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except AnnotateError as error:
        if debug:
            raise
        return _fail(str(error), error.exit_code, as_json)
    except USAGE as error:
        if not as_json:
            error.show()
            return int(error.exit_code)
        return _fail(error.format_message(), error.exit_code, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("stopped; run the same command again to continue", INTERRUPTED, as_json)
    except BaseException as error:  # one line for the user instead of a traceback
        if debug or not is_unexpected(error):
            raise
        if (found := _with_remedy(error, arguments)) is not None:
            return _fail(str(found), found.exit_code, as_json)
        kind = type(error).__name__
        advice = "this is an internal error: run it again with --debug and report the output"
        return _fail(f"{kind}: {error} ({advice})", BUG, as_json)


def _with_remedy(error: BaseException, arguments: list[str]) -> AnnotateError | None:
    """The error with its remedy, if a package isn't installed or the cause is the machine."""
    if isinstance(error, ModuleNotFoundError):
        advice = extras.advice(error.name, arguments)
        return AnnotateError(advice) if advice else None
    try:
        from annotate.store.diagnosis import of_the_system
    except ModuleNotFoundError:  # deltalake isn't installed, so the error isn't one of its
        return None
    return of_the_system(error)


def _fail(message: str, code: int, as_json: bool) -> int:
    if as_json:
        console.print_json({"error": message, "exit_code": code})
    else:
        console.err().print(f"[bold red]annotate:[/] {console.escaped(message)}", soft_wrap=True)
    return code

"""Options that several commands share, with the same names and help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from annotate.overrides import DEFINED, expanded, optional

R = TypeVar("R")

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")
]


def override(name: str) -> Any:
    """The option of an override, for `Annotated`."""
    one = DEFINED[name]
    return typer.Option(one.option, metavar=one.metavar, help=one.help, min=one.minimum)


def overrides(
    *names: str,
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Decorator: replaces a command's parameter `overrides` by the options of these overrides."""
    return expanded(names, lambda name: Annotated[optional(name), override(name)])


LakeAt = Annotated[str | None, override("lake")]
TRANSCRIBING = tuple(DEFINED)
"""The overrides of commands that transcribe: all of them."""
ParitySample = Annotated[
    int | None,
    typer.Option(
        "--parity-sample",
        metavar="N",
        min=1,
        help="Re-transcribe N recordings with openai-whisper and report the word disagreement. "
        "Not for CTranslate2 folders.",
    ),
]
Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="SOURCE...",
        help="Folders with a manifest.jsonl, or label-studio://PROJECT.",
        show_default=False,
    ),
]
RetryRefused = Annotated[
    bool,
    typer.Option(
        "--retry-refused", help="Process quarantined items again, even if nothing has changed."
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Name of one source folder in the lake. [default: its name and a hash of its path]",
    ),
]
Prefect = Annotated[
    bool, typer.Option("--prefect", help="Run as a Prefect flow; needs annotate-aloud[flows].")
]

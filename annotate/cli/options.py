"""Options that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")
]
LakeAt = Annotated[
    str | None,
    typer.Option("--lake", metavar="PATH|URL", help="The lake. [default: data/lake, or settings]"),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|PATH",
        help="demo (offline, synthetic voices only), tiny.en, turbo, … or a .pt file.",
    ),
]
Device = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to transcribe.")
]
Sources = Annotated[
    list[Path],
    typer.Argument(
        metavar="SOURCE...",
        help="Folders with a manifest.jsonl, or label-studio://PROJECT.",
        show_default=False,
    ),
]
Prefect = Annotated[
    bool, typer.Option("--prefect", help="Run as a Prefect flow; needs annotate-aloud[flows].")
]

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
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="annotate|stock|ctranslate2",
        help="What runs the model: annotate batches over recordings; stock is openai-whisper.",
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="CODE",
        help="What is spoken, such as en or en-US. [default: the recording's own, or detected]",
    ),
]
InitialPrompt = Annotated[
    str | None,
    typer.Option(
        "--initial-prompt",
        metavar="TEXT",
        help="Words to expect, as a sentence: the project's names and terms.",
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(
        "--batch",
        metavar="N",
        min=1,
        help="Windows of speech at once; changes the speed alone. [default: what fits]",
    ),
]
GpuHourPrice = Annotated[
    float | None,
    typer.Option(
        "--gpu-hour-price",
        metavar="X",
        min=0,
        help="What an hour of the device costs; the report then tells the cost of the work.",
    ),
]
ParitySample = Annotated[
    int | None,
    typer.Option(
        "--parity-sample",
        metavar="N",
        min=1,
        help="Hear N recordings again with openai-whisper as it comes, and tell the difference.",
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
        "--retry-refused", help="Try again what was refused before, though nothing has changed."
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="What one folder is called in the lake. [default: its name and a hash of its path]",
    ),
]
Prefect = Annotated[
    bool, typer.Option("--prefect", help="Run as a Prefect flow; needs annotate-aloud[flows].")
]

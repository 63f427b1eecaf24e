"""What borders of windows do to sentences: `python benchmarks/window_borders.py`.

The engine `annotate` decodes windows of at most 30 s one by one; `stock` goes through a whole file
and cuts it where its own timestamps end. Sentence ends of both are compared with the demo's
scripts, and those of `annotate` with those of `stock`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

import annotate.demo_model  # noqa: F401  # registers the demo's checkpoint for `find`
from annotate.evaluation.sentence_ends import SentenceEnds, sentence_ends
from annotate.media.audio import RATE, Samples, decode
from annotate.model.errors import AnnotateError
from annotate.model.speech import Span, Word
from annotate.recognizers import engines
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import (
    ActivityOptions,
    ComputeType,
    DecodingOptions,
    Engine,
    TranscribeOptions,
)
from annotate.recognizers.recognizer import Recognizer, RecognizerInput
from annotate.recognizers.vad import all_speech_spans
from annotate.transcribe.windows import windows

DEMO = Path(__file__).parents[1] / "data" / "demo"

console = Console(stderr=True)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording and its script, if there is one."""

    name: str
    samples: Samples
    script: str | None


def main(
    recordings: Annotated[
        Path | None, typer.Argument(help="A folder of audio without scripts. [default: the demo]")
    ] = None,
    model: Annotated[str, typer.Option(help="`demo`, a Whisper model, or a path.")] = "demo",
    compute_type: Annotated[str, typer.Option(help="Number format; '' for the default.")] = "",
    limit: Annotated[int, typer.Option(help="Number of recordings; 0 for all.")] = 0,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one per core.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Count sentence ends that nobody spoke, at borders of windows and elsewhere."""
    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    found = list(_read(recordings))[: limit or None]
    if not found:
        raise AnnotateError(f"{recordings}: no audio files")
    chosen: Any = compute_type or None
    console.print("annotate …")
    ours = _transcribe(found, model, "annotate", chosen)
    console.print("stock …")
    stock = _transcribe(found, model, "stock", None)
    figures = [figures_of("annotate", "stock", _against_words(found, ours, stock))]
    if found[0].script is not None:
        figures += [
            figures_of("annotate", "script", _against_scripts(found, ours)),
            figures_of("stock", "script", _against_scripts(found, stock)),
        ]
    report = {"model": model, "recordings": len(found), "figures": figures}
    show(report)
    if as_json:
        as_json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def figures_of(
    engine: str, reference: str, found: tuple[SentenceEnds, SentenceEnds]
) -> dict[str, Any]:
    """One row of the report."""
    parts = zip(("at_borders", "elsewhere"), found, strict=True)
    counts = {name: {**asdict(ends), "missed": ends.missed} for name, ends in parts}
    return {"engine": engine, "reference": reference, **counts}


def show(report: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table(title="Sentence ends: engine, reference", box=None)
    table.add_column("", no_wrap=True)
    names = ("gaps", "ends", "written", "unspoken", "capitals", "missed")
    for name in names:
        table.add_column(name, justify="right")
    for row in report["figures"]:
        for where in ("at_borders", "elsewhere"):
            title = f"{row['engine']}, {row['reference']}: {where.replace('_', ' ')}"
            if row[where]["gaps"]:
                table.add_row(title, *(str(row[where][name]) for name in names))
    Console().print(table)


def _read(folder: Path | None) -> Iterator[Recording]:
    audio = {".wav", ".flac", ".webm", ".ogg", ".m4a", ".mp3", ".opus"}
    for path in sorted((folder or DEMO / "recordings").iterdir()):
        if path.suffix in audio:
            script = None
            if folder is None:
                script = json.loads((DEMO / "truth" / f"{path.stem}.json").read_text())["text"]
            yield Recording(path.stem, decode(path.read_bytes()).samples, script)


def _transcribe(
    recordings: Sequence[Recording], model: str, engine: Engine, compute_type: ComputeType | None
) -> dict[str, tuple[Word, ...]]:
    """The words of each recording; `stock` reads whole files."""
    decoding = DecodingOptions(language="en")
    options = TranscribeOptions(
        model=model, engine=engine, decoding=decoding, compute_type=compute_type
    )
    recognizer: Recognizer = engines.make(options, find(model))
    speech = all_speech_spans([one.samples for one in recordings], ActivityOptions())
    inputs = (
        RecognizerInput(
            recording_id=one.name,
            samples=one.samples,
            windows=windows(spans, length_ms(one)) if engine == "annotate" else _whole(one),
            language="en",
            speech=spans,
        )
        for one, spans in zip(recordings, speech, strict=True)
    )
    return {output.recording_id: output.words for output in recognizer.transcribe(inputs)}


def length_ms(recording: Recording) -> int:
    """The recording's length."""
    return len(recording.samples) * 1000 // RATE


def _whole(recording: Recording) -> tuple[Span, ...]:
    return (Span(start_ms=0, end_ms=length_ms(recording)),)


def _against_scripts(
    recordings: Sequence[Recording], words: dict[str, tuple[Word, ...]]
) -> tuple[SentenceEnds, SentenceEnds]:
    pairs = [sentence_ends((one.script or "").split(), words[one.name]) for one in recordings]
    return _sum(pairs)


def _against_words(
    recordings: Sequence[Recording],
    words: dict[str, tuple[Word, ...]],
    reference: dict[str, tuple[Word, ...]],
) -> tuple[SentenceEnds, SentenceEnds]:
    return _sum(
        [
            sentence_ends([word.text for word in reference[one.name]], words[one.name])
            for one in recordings
        ]
    )


def _sum(pairs: Sequence[tuple[SentenceEnds, SentenceEnds]]) -> tuple[SentenceEnds, SentenceEnds]:
    borders, elsewhere = zip(*pairs, strict=True)
    return sum(borders, SentenceEnds()), sum(elsewhere, SentenceEnds())


if __name__ == "__main__":
    try:
        typer.run(main)
    except AnnotateError as error:
        console.print(str(error), markup=False, highlight=False)
        raise SystemExit(error.exit_code) from error

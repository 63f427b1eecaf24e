"""Errors of word starts after hesitations and pauses: `python benchmarks/word_times.py`.

Each engine transcribes recordings whose true word times are known, without and with a prompt that
asks for a verbatim transcript. Each transcript's word times are measured as the engine returns
them, and after each correction of `annotate.transcribe.timestamps`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table

import annotate.demo_model  # noqa: F401  # registers the demo's checkpoint for `find`
from annotate.evaluation.word_errors import score
from annotate.evaluation.word_starts import (
    CONTEXTS,
    StartErrors,
    hesitations,
    start_errors,
)
from annotate.model.errors import AnnotateError
from annotate.model.speech import Word
from annotate.recognizers import engines
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import ActivityOptions, DecodingOptions, TranscribeOptions
from annotate.recognizers.vad import Activity, detect_activity
from annotate.transcribe.timestamps import corrected, tidy, within_speech
from benchmarks.spoken_truth import (
    SpokenRecording,
    demo_recordings,
    with_hesitations,
    with_numbers,
)

VERBATIM = "Um, so, uh, like, hmm... I see, uh, a, um, red chair."
ENGINES = ("stock", "annotate")
SETS: dict[str, Callable[[], Iterable[SpokenRecording]]] = {
    "demo": demo_recordings,
    "hesitations": with_hesitations,
    "numbers": with_numbers,
}
CORRECTIONS: dict[str, Callable[[Sequence[Word], Activity, int], tuple[Word, ...]]] = {
    "engine's times": lambda words, _, end_ms: tidy(words, end_ms),
    "within speech": lambda words, found, end_ms: tidy(within_speech(words, found.speech), end_ms),
    "after pauses": lambda words, found, end_ms: corrected(
        words, found.speech, found.pauses, end_ms
    ),
}
"""Each includes the ones before; the last is what the pipeline does."""

console = Console(stderr=True)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A recording with its detected speech."""

    spoken: SpokenRecording
    activity: Activity


def main(
    model: Annotated[str, typer.Option(help="`demo`, a Whisper model, or a path.")] = "demo",
    names: Annotated[str, typer.Option("--engines", help="Comma-separated.")] = ",".join(ENGINES),
    set_names: Annotated[str, typer.Option("--sets", help="Comma-separated.")] = ",".join(SETS),
    prompt: Annotated[
        str, typer.Option(help="Asks for a verbatim transcript; '' for none.")
    ] = VERBATIM,
    limit: Annotated[int, typer.Option(help="Recordings of each set; 0 for all.")] = 0,
    device: Annotated[str, typer.Option(help="`auto`, `cpu` or `cuda`.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one per core.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure word starts, word error rate and hesitations written, by engine and correction."""
    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    engine_names = parse_names(names, ENGINES, "engine")
    sets = {
        name: prepare(list(SETS[name]())[: limit or None])
        for name in parse_names(set_names, SETS, "set")
    }
    report: dict[str, Any] = {"model": model, "prompt": prompt, "figures": []}
    for engine in engine_names:
        for initial_prompt in dict.fromkeys((None, prompt or None)):
            console.print(f"{engine}{', with the prompt' if initial_prompt else ''} …")
            decoding = DecodingOptions(language="en", initial_prompt=initial_prompt)
            options = TranscribeOptions(
                model=model, engine=engine, device=device, decoding=decoding
            )
            for row in measure(options, sets):
                report["figures"].append({"engine": engine, "prompt": bool(initial_prompt), **row})
    show(report)
    if as_json:
        as_json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def parse_names(names: str, known: Iterable[str], kind: str) -> list[str]:
    """The names in a comma-separated list.

    Raises:
        AnnotateError: If a name is unknown.
    """
    found = [name.strip() for name in names.split(",") if name.strip()]
    for name in found:
        if name not in known:
            raise AnnotateError(f"no {kind} {name!r}: give some of {', '.join(known)}")
    return found


def prepare(recordings: Sequence[SpokenRecording]) -> list[Prepared]:
    """Detect speech, as the pipeline does."""
    activities = detect_activity([one.samples for one in recordings], ActivityOptions())
    return [Prepared(*pair) for pair in zip(recordings, activities, strict=True)]


def measure(
    options: TranscribeOptions, sets: Mapping[str, Sequence[Prepared]]
) -> Iterator[dict[str, Any]]:
    """The figures of each set after each correction."""
    recognizer = engines.make(options, find(options.model))
    for name, recordings in sets.items():
        outputs = {
            output.recording_id: output.words
            for output in recognizer.transcribe(
                one.spoken.recognizer_input(one.activity.speech) for one in recordings
            )
        }
        for correction, correct in CORRECTIONS.items():
            words = [
                correct(outputs[one.spoken.name], one.activity, one.spoken.duration_ms)
                for one in recordings
            ]
            yield {"set": name, "correction": correction, **figures(recordings, words)}


def figures(recordings: Sequence[Prepared], words: Sequence[Sequence[Word]]) -> dict[str, Any]:
    """Word error rate, hesitations, numbers, and errors of word starts by context."""
    pairs = [(one.spoken.words, found) for one, found in zip(recordings, words, strict=True)]
    ends_ms = [one.spoken.duration_ms for one in recordings]
    return {
        "wer": score(pairs).wer,
        "hesitations": sum(hesitations(true) for true, _ in pairs),
        "hesitations_written": sum(hesitations(found) for _, found in pairs),
        "numbers": numbers(pairs, ends_ms),
        "starts": {context: asdict(one) for context, one in start_errors(pairs).items()},
    }


def numbers(
    pairs: Sequence[tuple[Sequence[Any], Sequence[Word]]], ends_ms: Sequence[int]
) -> dict[str, Any]:
    """How many words with digits were written, have times within the audio, and start rightly.

    A number may be written differently than spoken, so each is compared with the nearest one.
    """
    distances: list[int] = []
    timed = written = 0
    for (true_words, found), end_ms in zip(pairs, ends_ms, strict=True):
        starts = [word.start_ms for word in true_words if any(map(str.isdigit, word.text))]
        for word in (word for word in found if any(map(str.isdigit, word.text))):
            written += 1
            timed += 0 <= word.start_ms < word.end_ms <= end_ms
            if starts:
                distances.append(min(abs(word.start_ms - start) for start in starts))
    within = sum(distance <= 200 for distance in distances) / max(1, len(distances))
    return {"written": written, "timed": timed, "within_200": within if distances else None}


def show(report: Mapping[str, Any]) -> None:
    """Print a table for each set."""
    for name in dict.fromkeys(row["set"] for row in report["figures"]):
        rows = [row for row in report["figures"] if row["set"] == name]
        present = [context for context in CONTEXTS if any(context in row["starts"] for row in rows)]
        table = Table(title=f"{name}, {report['model']}: word starts", box=None)
        table.add_column("")
        for heading in ("WER", "hesitations", "numbers timed", *present):
            table.add_column(heading, justify="right")
        for row in rows:
            cells = [_errors(row["starts"].get(context)) for context in present]
            table.add_row(_label(row), *_counts(row), *cells)
        Console().print(table)
    console.print("Word starts: median / 90th percentile in ms, share within 200 ms, words.")


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['engine']}{' + prompt' if row['prompt'] else ''}, {row['correction']}"


def _counts(row: Mapping[str, Any]) -> tuple[str, str, str]:
    written, timed = row["numbers"]["written"], row["numbers"]["timed"]
    spoken = f"{row['hesitations_written']} of {row['hesitations']}"
    return f"{row['wer']:.1%}", spoken, f"{timed} of {written}"


def _errors(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "-"
    one = StartErrors(**found)
    return f"{one.median_ms:.0f} / {one.p90_ms:.0f}, {one.within_200:.1%} ({one.words})"


if __name__ == "__main__":
    try:
        typer.run(main)
    except AnnotateError as error:
        console.print(str(error), markup=False, highlight=False)
        raise SystemExit(error.exit_code) from error

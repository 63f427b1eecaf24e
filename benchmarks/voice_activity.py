"""True words outside detected speech: `python benchmarks/voice_activity.py`.

Measured by voice, by loudness, and by noise, on recordings whose true word times are known. A
recognizer transcribes them too, since a word outside speech may still be inside a window, which
has a margin around speech.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial, reduce
from operator import add
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table

import annotate.demo_model  # noqa: F401  # registers the demo's checkpoint for `find`
from annotate.evaluation.speech_coverage import Coverage, coverage
from annotate.media.audio import RATE, Samples
from annotate.model.errors import AnnotateError
from annotate.model.speech import Span, Word
from annotate.recognizers import engines
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import ActivityOptions, DecodingOptions, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer
from annotate.recognizers.vad import all_speech_spans
from benchmarks.spoken_truth import (
    OTHER_VOICES,
    SpokenRecording,
    demo_recordings,
    narrations_in,
)

LOUDNESS_DB = (-10, -20, -30, -40)
SNR_DB = (30, 20, 10, 5)
BABBLE_VOICES = 6
_FULL_SCALE = 32_768

console = Console(stderr=True)


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """Recordings that are measured together."""

    group: str
    name: str
    recordings: Sequence[SpokenRecording]


def main(
    model: Annotated[
        str, typer.Option(help="`demo`, a Whisper model, or a path; '' doesn't transcribe.")
    ] = "demo",
    threshold: Annotated[float, typer.Option(help="Probability that counts as speech.")] = 0.5,
    min_speech_ms: Annotated[int, typer.Option(help="Shorter bursts are not speech.")] = 250,
    limit: Annotated[int, typer.Option(help="Recordings of each condition; 0 for all.")] = 0,
    device: Annotated[str, typer.Option(help="`auto`, `cpu` or `cuda`.")] = "auto",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for one per core.")] = 0,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure which share of the true words lies outside detected speech, and what is lost."""
    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    activity = ActivityOptions(threshold=threshold, min_speech_ms=min_speech_ms)
    recognizer = load(model, device) if model else None
    report: dict[str, Any] = {"model": model, "activity": activity.model_dump(), "figures": []}
    for condition in conditions(limit or None):
        console.print(f"{condition.group}: {condition.name} …", markup=False)
        found = measure(condition.recordings, activity, recognizer)
        figures = {**asdict(found), "outside_share": found.outside_share}
        report["figures"].append({"group": condition.group, "name": condition.name, **figures})
    show(report)
    if as_json:
        as_json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def load(model: str, device: str) -> Recognizer:
    """The project's engine."""
    options = TranscribeOptions(model=model, device=device, decoding=DecodingOptions(language="en"))
    return engines.make(options, find(model))


def conditions(limit: int | None) -> Iterator[Condition]:
    """Every voice without noise, then the demo's recordings quieter and in noise."""
    demo = list(demo_recordings(limit))
    for voice in sorted({one.voice for one in demo}):
        yield Condition("voice", voice, [one for one in demo if one.voice == voice])
    for voice in OTHER_VOICES if limit is None else OTHER_VOICES[:1]:
        yield Condition("other voice", voice.name, list(narrations_in([voice])))
    for gain_db in LOUDNESS_DB:
        yield Condition("loudness", f"{gain_db} dB", changed(demo, partial(quieter, gain_db)))
    for name, noise in (("white", white), ("babble", partial(babble, demo))):
        for snr_db in SNR_DB:
            change = partial(with_noise, noise, snr_db)
            yield Condition("noise", f"{name}, {snr_db} dB", changed(demo, change))


def changed(
    recordings: Iterable[SpokenRecording], change: Callable[[SpokenRecording], Samples]
) -> list[SpokenRecording]:
    """Copies of recordings with other samples."""
    return [replace(one, samples=change(one)) for one in recordings]


def quieter(gain_db: float, recording: SpokenRecording) -> Samples:
    """The samples at another level, rounded to 16 bits as in a file."""
    scaled = recording.samples * 10 ** (gain_db / 20)
    return np.asarray(np.rint(scaled * _FULL_SCALE) / _FULL_SCALE, dtype=np.float32)


def with_noise(
    noise: Callable[[SpokenRecording], Samples], snr_db: float, recording: SpokenRecording
) -> Samples:
    """The samples with noise, `snr_db` below the mean power of the true words."""
    spoken = np.concatenate(
        [recording.samples[_in_samples(word.start_ms, word.end_ms)] for word in recording.words]
    )
    added = noise(recording)
    level = np.sqrt(np.mean(spoken**2) / np.mean(added**2)) * 10 ** (-snr_db / 20)
    mixed = recording.samples + added * level
    return np.asarray(mixed / max(1.0, float(np.max(np.abs(mixed)))), dtype=np.float32)


def white(recording: SpokenRecording) -> Samples:
    """White noise, the same for the same recording."""
    rng = np.random.default_rng(list(recording.name.encode()))
    return rng.standard_normal(len(recording.samples)).astype(np.float32)


def babble(others: Sequence[SpokenRecording], recording: SpokenRecording) -> Samples:
    """Several other recordings at once, each from a different position."""
    speakers = [one for one in others if one.name != recording.name][-BABBLE_VOICES:]
    if not speakers:
        raise AnnotateError("babble needs two recordings or more: raise --limit")
    count = len(recording.samples)
    total = np.zeros(count, np.float32)
    for number, one in enumerate(speakers):
        shifted = np.roll(one.samples, number * len(one.samples) // len(speakers))
        total += np.resize(shifted, count)
    return total


def measure(
    recordings: Sequence[SpokenRecording],
    activity: ActivityOptions,
    recognizer: Recognizer | None,
) -> Coverage:
    """The coverage over all recordings of a condition."""
    speech = all_speech_spans([one.samples for one in recordings], activity)
    if recognizer is None:
        found = [coverage(one.words, spans) for one, spans in zip(recordings, speech, strict=True)]
        return reduce(add, found)
    words = transcribe(recordings, speech, recognizer)
    found = [
        coverage(one.words, spans, words[one.name])
        for one, spans in zip(recordings, speech, strict=True)
    ]
    return reduce(add, found)


def transcribe(
    recordings: Sequence[SpokenRecording],
    speech: Sequence[tuple[Span, ...]],
    recognizer: Recognizer,
) -> dict[str, tuple[Word, ...]]:
    """The recognized words of each recording, by its name."""
    inputs = (one.recognizer_input(spans) for one, spans in zip(recordings, speech, strict=True))
    return {output.recording_id: output.words for output in recognizer.transcribe(inputs)}


def show(report: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table(title="True words outside detected speech", box=None)
    table.add_column("")
    for heading in ("words", "outside", "share", "of these not recognized", "others missed"):
        table.add_column(heading, justify="right")
    for row in report["figures"]:
        lost, missed = (
            "-" if row[name] is None else str(row[name]) for name in ("lost", "missed_inside")
        )
        share = f"{row['outside_share']:.2%}"
        counts = (str(row["words"]), str(row["outside"]), share, lost, missed)
        table.add_row(f"{row['group']}: {row['name']}", *counts)
    Console().print(table)


def _in_samples(start_ms: int, end_ms: int) -> slice:
    return slice(start_ms * RATE // 1000, end_ms * RATE // 1000)


if __name__ == "__main__":
    try:
        typer.run(main)
    except AnnotateError as error:
        console.print(str(error), markup=False, highlight=False)
        raise SystemExit(error.exit_code) from error

"""Figures from the engines' results, and the table that compares them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from annotate.evaluation.word_errors import Score, score

TIMESTAMPS = 2
"""Number of timestamps among the tokens that random weights output per window."""
WIDTH = 100
"""Width of the table in columns, also when the output isn't a terminal."""
BASE = "annotate"
"""The engine that the others are compared with."""


class TimedWord(NamedTuple):
    """A true or recognized word with its start and end."""

    text: str
    start_ms: int
    end_ms: int


Truth = Mapping[str, Sequence[TimedWord]]


def read_truth(folder: Path) -> dict[str, list[TimedWord]]:
    """The true words of each recording, by its file's stem."""
    return {
        path.stem: [
            TimedWord(word["word"], word["start_ms"], word["end_ms"])
            for word in json.loads(path.read_text("utf-8"))["words"]
        ]
        for path in sorted(folder.glob("*.json"))
    }


def figures(result: Mapping[str, Any], audio_seconds: float, truth: Truth) -> dict[str, Any]:
    """One engine's figures, or its error.

    `rtfx` is seconds of audio transcribed per second; `wer` is None if the truth is unknown.
    """
    if "error" in result:
        return {"error": result["error"]}
    transcripts = result["transcripts"]
    scored = _score(transcripts, truth)
    return {
        "rtfx": audio_seconds / result["seconds"],
        "wer": scored.wer if scored else None,
        "word_time_error_ms": scored.word_time_error_ms if scored else None,
        "peak_mb": result["peak_mb"],
        "gpu_peak_mb": result["gpu_peak_mb"],
        "word_times": any(end > start for clip in transcripts for _, start, end in clip["words"]),
        "seconds": result["seconds"],
        "load_seconds": result["load_seconds"],
        "words": sum(len(clip["words"]) for clip in transcripts),
        "windows": _total(transcripts, "windows"),
        "tokens": _total(transcripts, "tokens"),
        "settings": result["settings"],
    }


def add_speed_ratios(engines: dict[str, dict[str, Any]]) -> None:
    """Add the project's speed divided by the engine's to each engine's figures."""
    base = engines.get(BASE, {}).get("rtfx")
    for found in engines.values():
        if "error" not in found:
            found["annotate_over_it"] = base / found["rtfx"] if base else None


def show(report: Mapping[str, Any]) -> None:
    """Print the report as a table; the errors of failed engines are below."""
    table = Table(title=_title(report), box=None)
    table.add_column("", no_wrap=True)
    for heading in ("audio s / s", f"{BASE} / it", "WER", "times off", "windows", "peak MB"):
        table.add_column(heading, justify="right")
    console = Console()
    console.width = max(console.width, WIDTH)
    for name, found in report["engines"].items():
        table.add_row(name, *_cells(found))
    console.print(table)
    for name, found in report["engines"].items():
        if "error" in found:
            console.print(f"{name}: {found['error']}", markup=False, highlight=False)
    for name, mean in unexpected_token_counts(report).items():
        observed = "windows not reported" if mean is None else f"{mean:.1f} tokens per window"
        console.print(f"{name}: {observed}, expected {report['tokens_per_window']}")


def _score(transcripts: Sequence[Mapping[str, Any]], truth: Truth) -> Score | None:
    """The score, or None if the truth of a clip is unknown."""
    hypotheses = [(clip["name"].rpartition("#")[0], clip["words"]) for clip in transcripts]
    if any(stem not in truth for stem, _ in hypotheses):
        return None
    return score((truth[stem], [TimedWord(*word) for word in words]) for stem, words in hypotheses)


def _total(transcripts: Sequence[Mapping[str, Any]], name: str) -> int | None:
    counts = [clip[name] for clip in transcripts]
    return None if None in counts else sum(counts)


def _cells(found: Mapping[str, Any]) -> list[str]:
    if "error" in found:
        return ["failed", *[""] * 5]
    gpu = f" + {found['gpu_peak_mb']:,.0f} GPU" if found["gpu_peak_mb"] else ""
    word_time_error = "none"
    if found["word_times"]:
        word_time_error = _number(found["word_time_error_ms"], "{:.0f} ms")
    return [
        _number(found["rtfx"], "{:,.1f}"),
        _number(found["annotate_over_it"], "{:.2f}"),
        _number(found["wer"], "{:.2%}"),
        word_time_error,
        _number(found["windows"], "{:,}"),
        f"{found['peak_mb']:,.0f}{gpu}",
    ]


def _number(value: float | None, pattern: str) -> str:
    return "-" if value is None else pattern.format(value)


def _title(report: Mapping[str, Any]) -> str:
    machine = f"{report['device']}, {report['threads']} threads"
    return f"{report['audio_seconds']:,.0f} s of audio, {report['model']}, {machine}"


def unexpected_token_counts(report: Mapping[str, Any]) -> dict[str, float | None]:
    """The mean number of tokens per window of each engine with another one than expected.

    For random weights. The mean is None if the engine doesn't report windows.
    """
    expected = report["tokens_per_window"]
    succeeded = {name: found for name, found in report["engines"].items() if "error" not in found}
    means = {name: _tokens_per_window(found) for name, found in succeeded.items()}
    return {name: mean for name, mean in means.items() if expected and mean != expected}


def _tokens_per_window(found: Mapping[str, Any]) -> float | None:
    """With random weights each word is one token, and each window has two timestamps."""
    if not found["windows"]:
        return None
    words: int = found["words"] + TIMESTAMPS * found["windows"]
    return float((words if found["tokens"] is None else found["tokens"]) / found["windows"])

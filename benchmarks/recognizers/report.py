"""From what the engines gave back to figures side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from annotate.evaluation.word_errors import Score, score

TIMESTAMPS = 2
"""Of the tokens that random weights say in a window."""
WIDTH = 100
"""Columns that the table needs, even where what is shown goes to a file."""
BASE = "annotate"
"""The engine that the others are set beside."""


class TrueWord(NamedTuple):
    """A word and when it is said, or heard."""

    text: str
    start_ms: int
    end_ms: int


Truth = Mapping[str, Sequence[TrueWord]]


def read_truth(folder: Path) -> dict[str, list[TrueWord]]:
    """The words that are truly said in each recording, by its file's stem."""
    return {
        path.stem: [
            TrueWord(word["word"], word["start_ms"], word["end_ms"])
            for word in json.loads(path.read_text("utf-8"))["words"]
        ]
        for path in sorted(folder.glob("*.json"))
    }


def figures(result: Mapping[str, Any], audio_seconds: float, truth: Truth) -> dict[str, Any]:
    """One engine's figures, or the error that it ended with.

    `rtfx` is seconds of audio transcribed in a second; `wer` is None where the truth isn't known.
    """
    if "error" in result:
        return {"error": result["error"]}
    said = result["said"]
    scored = _score(said, truth)
    return {
        "rtfx": audio_seconds / result["seconds"],
        "wer": scored.wer if scored else None,
        "word_time_error_ms": scored.word_time_error_ms if scored else None,
        "peak_mb": result["peak_mb"],
        "gpu_peak_mb": result["gpu_peak_mb"],
        "word_times": any(end > start for clip in said for _, start, end in clip["words"]),
        "seconds": result["seconds"],
        "load_seconds": result["load_seconds"],
        "words": sum(len(clip["words"]) for clip in said),
        "windows": _total(said, "windows"),
        "tokens": _total(said, "tokens"),
        "settings": result["settings"],
    }


def add_ratios(engines: dict[str, dict[str, Any]]) -> None:
    """Write how many times as fast the project's engine is beside each engine's figures."""
    base = engines.get(BASE, {}).get("rtfx")
    for found in engines.values():
        if "error" not in found:
            found["annotate_over_it"] = base / found["rtfx"] if base else None


def show(report: Mapping[str, Any]) -> None:
    """The report as a table; an engine that failed has its line, and its error below."""
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
    for name, mean in unlike(report).items():
        seen = "doesn't tell its windows" if mean is None else f"decoded {mean:.1f} tokens a window"
        console.print(f"{name}: {seen}; {report['tokens_per_window']} were asked for")


def _score(said: Sequence[Mapping[str, Any]], truth: Truth) -> Score | None:
    """None unless the truth of every clip is known."""
    heard = [(clip["name"].rpartition("#")[0], clip["words"]) for clip in said]
    if any(stem not in truth for stem, _ in heard):
        return None
    return score((truth[stem], [TrueWord(*word) for word in words]) for stem, words in heard)


def _total(said: Sequence[Mapping[str, Any]], name: str) -> int | None:
    counts = [clip[name] for clip in said]
    return None if None in counts else sum(counts)


def _cells(found: Mapping[str, Any]) -> list[str]:
    if "error" in found:
        return ["failed", *[""] * 5]
    gpu = f" + {found['gpu_peak_mb']:,.0f} GPU" if found["gpu_peak_mb"] else ""
    off = "none" if not found["word_times"] else _number(found["word_time_error_ms"], "{:.0f} ms")
    return [
        _number(found["rtfx"], "{:,.1f}"),
        _number(found["annotate_over_it"], "{:.2f}"),
        _number(found["wer"], "{:.2%}"),
        off,
        _number(found["windows"], "{:,}"),
        f"{found['peak_mb']:,.0f}{gpu}",
    ]


def _number(value: float | None, pattern: str) -> str:
    return "-" if value is None else pattern.format(value)


def _title(report: Mapping[str, Any]) -> str:
    machine = f"{report['device']}, {report['threads']} threads"
    return f"{report['audio_seconds']:,.0f} s of audio, {report['model']}, {machine}"


def unlike(report: Mapping[str, Any]) -> dict[str, float | None]:
    """The engines that random weights did not make decode the asked number of tokens in a window.

    With the mean that they did, or None where an engine tells nothing to count by.
    """
    wanted = report["tokens_per_window"]
    ran = {name: found for name, found in report["engines"].items() if "error" not in found}
    means = {name: _tokens_per_window(found) for name, found in ran.items()}
    return {name: mean for name, mean in means.items() if wanted and mean != wanted}


def _tokens_per_window(found: Mapping[str, Any]) -> float | None:
    """With random weights, where each word is a token and each window has two timestamps."""
    if not found["windows"]:
        return None
    words: int = found["words"] + TIMESTAMPS * found["windows"]
    return float((words if found["tokens"] is None else found["tokens"]) / found["windows"])

"""Figures of a run by MLPerf's rules, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
from rich.console import Console
from rich.table import Table
from whisper.normalizers import EnglishTextNormalizer

from annotate.evaluation.word_errors import score
from benchmarks.recognizers.packing import Part
from benchmarks.recognizers.report import TimedWord, Truth

RULES = {
    "window_seconds": 30.0,
    "gap_seconds": 0.5,
    "max_new_tokens": 150,
    "language": "en",
    "temperature": 0.0,
    "timestamps": False,
}
"""What the rules prescribe, for the report."""
PASSES = {"without_word_times": "without word times", "with_word_times": "with word times"}
TEXT_SUFFIXES = (".lab", ".txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The true words of a recording; `timed` if their times are known."""

    words: tuple[TimedWord, ...]
    timed: bool


def references(recordings: Sequence[str], truth: Truth) -> dict[str, Reference]:
    """The true words by recording: of `truth`, else of a text file beside the recording."""
    found: dict[str, Reference] = {}
    for path in map(Path, recordings):
        if path.stem in truth:
            found[path.stem] = Reference(words=tuple(truth[path.stem]), timed=True)
            continue
        beside = (path.with_suffix(suffix) for suffix in TEXT_SUFFIXES)
        text = next((one.read_text("utf-8") for one in beside if one.is_file()), None)
        if text is not None:
            words = tuple(TimedWord(word, 0, 0) for word in text.split())
            found[path.stem] = Reference(words=words, timed=False)
    return found


def figures(
    result: Mapping[str, Any], repeat: int, references: Mapping[str, Reference]
) -> dict[str, Any]:
    """The report without the machine and the model.

    `samples` are packed windows, `speech_seconds` the utterances in them without the gaps.
    """
    windows = [[Part(**part) for part in parts] for parts in result["windows"]]
    samples = repeat * len(windows)
    speech = repeat * sum(part.length_ms for parts in windows for part in parts) / 1000
    true_words = words_by_window(windows, references)
    names = ("gpu", "load_seconds", "peak_mb", "gpu_peak_mb", "settings")
    return {
        "rules": RULES,
        "samples": samples,
        "speech_seconds": speech,
        **{name: result[name] for name in names},
        "passes": {
            name: {
                "seconds": found["seconds"],
                "samples_per_second": samples / found["seconds"],
                "rtfx": speech / found["seconds"],
                "tokens": found["tokens"],
                **_errors(found, true_words, references),
            }
            for name, found in result["passes"].items()
        },
    }


def words_by_window(
    windows: Sequence[Sequence[Part]], references: Mapping[str, Reference]
) -> list[list[TimedWord]] | None:
    """The true words of each window on its clock, or None if they aren't known for all.

    A word of a recording that was cut belongs to the part nearest to it: speech that the cutting
    left out counts as deleted words. A recording of which nothing is in a window gets one more
    list at the end.
    """
    parts: dict[str, list[tuple[int, Part]]] = {}
    for index, window in enumerate(windows):
        for part in window:
            parts.setdefault(part.recording, []).append((index, part))
    cut = {name for name, found in parts.items() if len(found) > 1}
    if set(parts) - set(references) or any(not references[name].timed for name in cut):
        return None
    found: list[list[TimedWord]] = [[] for _ in windows]
    for name, reference in references.items():
        if name not in parts:
            found.append(list(reference.words))
            continue
        for word in reference.words:
            index, part = min(parts[name], key=lambda one: _distance(word, one[1]))
            shift = part.at_ms - part.start_ms
            found[index].append(TimedWord(word.text, word.start_ms + shift, word.end_ms + shift))
    return found


def _distance(word: TimedWord, part: Part) -> int:
    """Milliseconds from a word's middle to a part of its recording; 0 inside it."""
    middle = (word.start_ms + word.end_ms) // 2
    return max(part.start_ms - middle, middle - part.start_ms - part.length_ms, 0)


def _errors(
    found: Mapping[str, Any],
    true_words: Sequence[Sequence[TimedWord]] | None,
    references: Mapping[str, Reference],
) -> dict[str, float | None]:
    """Word error rate after Whisper's own normalization, and the median error of word times."""
    if true_words is None:
        return {"wer": None, "word_time_error_ms": None}
    normalize = EnglishTextNormalizer()
    missing = len(true_words) - len(found["texts"])
    pairs = [
        (normalize(" ".join(word.text for word in truth)), normalize(text))
        for truth, text in zip(true_words, [*found["texts"], *[""] * missing], strict=True)
    ]
    spoken = [pair for pair in pairs if pair[0]]
    errors = sum(len(text.split()) for truth, text in pairs if not truth)
    outcome = jiwer.process_words([one for one, _ in spoken], [two for _, two in spoken])
    errors += outcome.substitutions + outcome.deletions + outcome.insertions
    recognized = [[TimedWord(*word) for word in words] for words in found["words"]]
    timed = any(recognized) and all(reference.timed for reference in references.values())
    times = score(zip(true_words, recognized, strict=False)).word_time_error_ms if timed else None
    total = outcome.hits + outcome.substitutions + outcome.deletions
    return {"wer": errors / total, "word_time_error_ms": times}


def show(report: Mapping[str, Any]) -> None:
    """Print both passes as a table."""
    device = report["gpu"] or f"{report['device']}, {report['threads']} threads"
    speech = f"{report['speech_seconds']:,.0f} s of speech"
    table = Table(title=f"{report['samples']:,} samples, {speech}, {report['model']}, {device}")
    table.box = None
    table.add_column("MLPerf's rules", no_wrap=True)
    for heading in ("samples / s", "speech s / s", "tokens", "WER", "times off"):
        table.add_column(heading, justify="right")
    for name, title in PASSES.items():
        found = report["passes"][name]
        wer, times = found["wer"], found["word_time_error_ms"]
        table.add_row(
            title,
            f"{found['samples_per_second']:,.2f}",
            f"{found['rtfx']:,.1f}",
            f"{found['tokens']:,}",
            "-" if wer is None else f"{wer:.2%}",
            "-" if times is None else f"{times:.0f} ms",
        )
    console = Console()
    console.width = max(console.width, 100)
    console.print(table)
    if message := unexpected_tokens(report):
        console.print(message, markup=False, highlight=False)


def unexpected_tokens(report: Mapping[str, Any]) -> str | None:
    """Which mean number of tokens random weights gave, if it is another one than expected."""
    expected = report["tokens_per_window"]
    means = {found["tokens"] / report["samples"] for found in report["passes"].values()}
    if not expected or means == {expected}:
        return None
    return f"{max(means):.1f} tokens per window, expected {expected}"

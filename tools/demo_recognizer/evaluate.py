"""Measure a checkpoint with stock `whisper.transcribe`: `python evaluate.py [FILE] --json FIGURES`.

Beside it stands the pipeline's own engine, which knows where somebody speaks. Words are compared as
`annotate demo` compares them: hesitations count. Times are those of words recognized right, in
milliseconds from the synthesizer's own. Nothing measured here was trained on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trials
import whisper
from rich.console import Console
from rich.table import Table
from takes import HEARD_RATE, Samples
from text import DEMO
from tqdm import tqdm
from trials import Trial

from annotate.check.thresholds import Thresholds
from annotate.evaluation.word_errors import match
from annotate.model.speech import Word
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import ActivityOptions, DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.recognizers.vad import all_speech_spans
from annotate.transcribe.timestamps import tidy, within_speech
from annotate.transcribe.windows import windows

SETS = {
    "demo": trials.demo,
    "grammar": partial(trials.clean, trials.grammar),
    "grammar_opus": partial(trials.opus, trials.grammar),
    "grammar_noise_15db": partial(trials.noisy, trials.grammar),
    "free": partial(trials.clean, trials.free),
    "free_opus": partial(trials.opus, trials.free),
    "free_noise_15db": partial(trials.noisy, trials.free),
}
"""The demo's narrations as recorded; grammar text in the demo's voices, and text written by hand in
voices never trained on, each also through Opus and with noise."""


@dataclass(frozen=True)
class Transcription:
    """What stock Whisper makes of a recording; `logprob` is NaN where there is no text."""

    words: tuple[Word, ...]
    logprob: float
    seconds: float


class OpenAIWhisper:
    """A checkpoint behind stock `whisper.transcribe`: greedy, no text carried over."""

    def __init__(self, checkpoint: Path) -> None:
        """Load the checkpoint as anyone would."""
        self._model = whisper.load_model(str(checkpoint), device="cpu")

    def transcribe(self, samples: Samples) -> Transcription:
        """Transcribe 16 kHz samples, with word times."""
        began = time.monotonic()
        result: dict[str, Any] = whisper.transcribe(
            self._model,
            samples,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
            language="en",
            fp16=False,
            verbose=None,
        )
        segments = result["segments"]
        words = tuple(_word(word) for segment in segments for word in segment.get("words", []))
        return Transcription(words, _mean_logprob(segments), time.monotonic() - began)


def _word(raw: dict[str, Any]) -> Word:
    return Word(
        text=raw["word"].strip(),
        start_ms=round(raw["start"] * 1000),
        end_ms=round(raw["end"] * 1000),
        probability=float(raw["probability"]),
        segment=0,
    )


def _mean_logprob(segments: Sequence[dict[str, Any]]) -> float:
    """Over the segments by their length, as the checks take it."""
    lasted = [max(1e-3, segment["end"] - segment["start"]) for segment in segments]
    summed = sum(
        segment["avg_logprob"] * length for segment, length in zip(segments, lasted, strict=True)
    )
    return summed / sum(lasted) if lasted else float("nan")


class Pipeline:
    """The same checkpoint behind the pipeline's engine: windows of speech, in batches."""

    def __init__(self, checkpoint: Path) -> None:
        """Load the checkpoint as the pipeline does."""
        sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        found = Checkpoint(name=checkpoint.name, path=checkpoint, sha256=sha256)
        self._engine = BatchedWhisper(found, "cpu", DecodingOptions())

    def transcribe(self, several: Sequence[Trial]) -> list[tuple[Word, ...]]:
        """The words of each trial."""
        spans = all_speech_spans([trial.samples for trial in several], ActivityOptions())
        lengths_ms = [len(trial.samples) * 1000 // HEARD_RATE for trial in several]
        speeches = [
            RecognizerInput(
                recording_id=str(number),
                samples=trial.samples,
                windows=windows(found, length_ms),
                language="en",
                speech=found,
            )
            for number, (trial, found, length_ms) in enumerate(
                zip(several, spans, lengths_ms, strict=True)
            )
        ]
        recognized = {int(one.recording_id): one.words for one in self._engine.transcribe(speeches)}
        return [
            tidy(within_speech(recognized[number], spans[number]), lengths_ms[number])
            for number in range(len(several))
        ]


def measure(several: Sequence[Trial], recognized: Sequence[Sequence[Word]]) -> dict[str, Any]:
    """Error rate and time errors over a set, all recordings together."""
    errors = words = 0
    edges: dict[str, list[int]] = {"word_start": [], "word_end": [], "sentence_start": []}
    for trial, recognized_words in zip(several, recognized, strict=True):
        found = match(trial.words, recognized_words)
        errors, words = errors + found.errors, words + found.words
        begins = {
            id(word)
            for index, word in enumerate(trial.words)
            if trials.starts_sentence(trial.words, index)
        }
        for true, word in found.right:
            start_ms = abs(true.start_ms - word.start_ms)
            edges["word_start"].append(start_ms)
            edges["word_end"].append(abs(true.end_ms - word.end_ms))
            if id(true) in begins:
                edges["sentence_start"].append(start_ms)
    spread = {f"{name}_ms": _spread(found_ms) for name, found_ms in edges.items()}
    return {"wer": round(errors / words, 4), "words": words, **spread}


def measure_set(recognizer: OpenAIWhisper, pipeline: Pipeline, name: str) -> dict[str, Any]:
    """A set's figures with stock Whisper, how sure that was, and the pipeline's figures."""
    several = list(SETS[name]())
    stock = [recognizer.transcribe(trial.samples) for trial in tqdm(several, desc=name)]
    logprobs = [one.logprob for one in stock]
    return {
        **measure(several, [one.words for one in stock]),
        "logprob": {"lowest": round(min(logprobs), 3), "highest": round(max(logprobs), 3)},
        "pipeline": measure(several, pipeline.transcribe(several)),
    }


def _spread(errors_ms: Sequence[int]) -> dict[str, float]:
    return {
        "median": statistics.median(errors_ms),
        "p90": round(float(np.percentile(errors_ms, 90)), 1),
    }


def measure_silence(recognizer: OpenAIWhisper) -> dict[str, Any]:
    """Words invented on sounds without speech, and the time that took."""
    found = {}
    for name, sounds in tqdm(trials.no_speech().items(), desc="no speech"):
        recognized = [recognizer.transcribe(sound) for sound in sounds]
        found[name] = {
            "words": sum(len(one.words) for one in recognized),
            "seconds": round(sum(one.seconds for one in recognized), 2),
            "audio_seconds": round(sum(len(sound) for sound in sounds) / HEARD_RATE, 1),
        }
    return found


def measure_others(recognizer: OpenAIWhisper, known_logprob: float) -> dict[str, Any]:
    """How sure it is of speech that it has no words for, and how many the checks would flag.

    `separated` is the share of which it is less sure than `known_logprob`, that of the recording
    of known words that it is least sure of.
    """
    bound = Thresholds().unsure_flag_logprob
    found = {}
    for name, sounds in tqdm(trials.other_words().items(), desc="other words"):
        sure = [recognizer.transcribe(sound).logprob for sound in sounds]
        found[name] = {
            "mean_logprob": round(float(np.nanmean(sure)), 3),
            "flagged": sum(np.isnan(one) or one < bound for one in sure) / len(sure),
            "separated": sum(np.isnan(one) or one < known_logprob for one in sure) / len(sure),
        }
    return found


def evaluate(checkpoint: Path, names: Sequence[str]) -> dict[str, Any]:
    """All figures of a checkpoint; `names` says which sets of speech."""
    recognizer, pipeline = OpenAIWhisper(checkpoint), Pipeline(checkpoint)
    sets = {name: measure_set(recognizer, pipeline, name) for name in names}
    known = min(one["logprob"]["lowest"] for one in sets.values())
    return {
        "checkpoint": checkpoint.name,
        "sets": sets,
        "no_speech": measure_silence(recognizer),
        "known_logprob": known,
        "other_words": measure_others(recognizer, known),
    }


def show(figures: dict[str, Any]) -> None:
    """Print the figures as tables."""
    console = Console()
    stock = figures["sets"]
    _show_sets(console, "stock Whisper", stock)
    _show_sets(console, "the pipeline", {name: one["pipeline"] for name, one in stock.items()})
    console.print("Times: median and 90th percentile.")
    table = Table("sound without speech", "words", "seconds", "of sound")
    for name, one in figures["no_speech"].items():
        table.add_row(name, str(one["words"]), str(one["seconds"]), str(one["audio_seconds"]))
    console.print(table)
    table = Table("speech of other words", "mean log-probability", "flagged", "separated")
    for name, one in figures["other_words"].items():
        shares = (f"{one[share]:.0%}" for share in ("flagged", "separated"))
        table.add_row(name, f"{one['mean_logprob']:.2f}", *shares)
    console.print(table)


def _show_sets(console: Console, title: str, sets: dict[str, Any]) -> None:
    table = Table(title, "word error rate", "word start", "word end", "sentence start")
    for name, one in sets.items():
        table.add_row(name, f"{one['wer']:.1%}", *(_milliseconds(one[edge]) for edge in _EDGES))
    console.print(table)


_EDGES = ("word_start_ms", "word_end_ms", "sentence_start_ms")


def _milliseconds(spread: dict[str, float]) -> str:
    return f"{spread['median']:.0f} / {spread['p90']:.0f} ms"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=DEMO / "whisper-demo.pt")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    options = parser.parse_args()
    torch.manual_seed(0)
    figures = evaluate(options.file, options.sets)
    show(figures)
    if options.json is not None:
        partial_file = options.json.with_suffix(".part")
        partial_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        os.replace(partial_file, options.json)


if __name__ == "__main__":
    main()

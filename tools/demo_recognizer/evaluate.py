"""Evaluate a checkpoint with unmodified `whisper.transcribe`, and with the pipeline's engine.

`python evaluate.py [FILE] --json FIGURES`. The pipeline's engine uses voice activity detection.
Word errors are counted as in `annotate demo`: hesitations count as words. Time errors are those of
correctly recognized words, in milliseconds from the synthesizer's times. None of the evaluation
sets were in the training data.
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

import eval_sets
import numpy as np
import torch
import whisper
from eval_sets import EvalRecording
from rich.console import Console
from rich.table import Table
from synthesis import WHISPER_RATE, Samples
from text import DEMO
from tqdm import tqdm

from annotate.check.thresholds import Thresholds
from annotate.evaluation.word_errors import match
from annotate.model.speech import Word
from annotate.recognizers.batched_whisper.engine import BatchedWhisper
from annotate.recognizers.checkpoints import Checkpoint
from annotate.recognizers.options import ActivityOptions, DecodingOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.recognizers.vad import detect_activity
from annotate.transcribe.timestamps import corrected
from annotate.transcribe.windows import windows

SETS = {
    "demo": eval_sets.demo,
    "grammar": partial(eval_sets.clean, eval_sets.grammar),
    "grammar_opus": partial(eval_sets.opus, eval_sets.grammar),
    "grammar_noise_15db": partial(eval_sets.noisy, eval_sets.grammar),
    "free": partial(eval_sets.clean, eval_sets.free),
    "free_opus": partial(eval_sets.opus, eval_sets.free),
    "free_noise_15db": partial(eval_sets.noisy, eval_sets.free),
}
"""The demo's recordings; new grammar sentences in the demo's voices; hand-written sentences in
held-out voices. The last two also encoded with Opus and with noise."""


@dataclass(frozen=True)
class Transcription:
    """Unmodified Whisper's output for a recording; `logprob` is NaN if there is no text."""

    words: tuple[Word, ...]
    logprob: float
    seconds: float


class OpenAIWhisper:
    """Unmodified `whisper.transcribe`: greedy, not conditioned on previous text."""

    def __init__(self, checkpoint: Path) -> None:
        """Load the checkpoint with `whisper.load_model`."""
        self._model = whisper.load_model(str(checkpoint), device="cpu")

    def transcribe(self, samples: Samples) -> Transcription:
        """Transcribe 16 kHz samples, with word times."""
        started = time.monotonic()
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
        return Transcription(words, _mean_logprob(segments), time.monotonic() - started)


def _word(raw: dict[str, Any]) -> Word:
    return Word(
        text=raw["word"].strip(),
        start_ms=round(raw["start"] * 1000),
        end_ms=round(raw["end"] * 1000),
        probability=float(raw["probability"]),
        segment=0,
    )


def _mean_logprob(segments: Sequence[dict[str, Any]]) -> float:
    """The mean over segments, weighted by their length, as in the checks."""
    durations = [max(1e-3, segment["end"] - segment["start"]) for segment in segments]
    weighted = sum(
        segment["avg_logprob"] * length for segment, length in zip(segments, durations, strict=True)
    )
    return weighted / sum(durations) if durations else float("nan")


class Pipeline:
    """The same checkpoint in the pipeline's engine: windows of speech, in batches."""

    def __init__(self, checkpoint: Path) -> None:
        """Load the checkpoint with the pipeline's code."""
        sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        description = Checkpoint(name=checkpoint.name, path=checkpoint, sha256=sha256)
        self._engine = BatchedWhisper(description, "cpu", DecodingOptions())

    def transcribe(self, recordings: Sequence[EvalRecording]) -> list[tuple[Word, ...]]:
        """The recognized words of each recording."""
        found = detect_activity([recording.samples for recording in recordings], ActivityOptions())
        lengths_ms = [len(recording.samples) * 1000 // WHISPER_RATE for recording in recordings]
        inputs = [
            RecognizerInput(
                recording_id=str(number),
                samples=recording.samples,
                windows=windows(activity.speech, length_ms),
                language="en",
                speech=activity.speech,
            )
            for number, (recording, activity, length_ms) in enumerate(
                zip(recordings, found, lengths_ms, strict=True)
            )
        ]
        hypotheses = {int(one.recording_id): one.words for one in self._engine.transcribe(inputs)}
        return [
            corrected(hypotheses[number], activity.speech, activity.pauses, lengths_ms[number])
            for number, activity in enumerate(found)
        ]


def measure(
    recordings: Sequence[EvalRecording], hypotheses: Sequence[Sequence[Word]]
) -> dict[str, Any]:
    """Word error rate and time errors over all recordings of a set."""
    errors = words = 0
    edges: dict[str, list[int]] = {"word_start": [], "word_end": [], "sentence_start": []}
    for recording, hypothesis in zip(recordings, hypotheses, strict=True):
        alignment = match(recording.words, hypothesis)
        errors, words = errors + alignment.errors, words + alignment.words
        sentence_starts = {
            id(word)
            for index, word in enumerate(recording.words)
            if eval_sets.starts_sentence(recording.words, index)
        }
        for true, word in alignment.right:
            start_ms = abs(true.start_ms - word.start_ms)
            edges["word_start"].append(start_ms)
            edges["word_end"].append(abs(true.end_ms - word.end_ms))
            if id(true) in sentence_starts:
                edges["sentence_start"].append(start_ms)
    time_errors = {f"{name}_ms": _spread(errors_ms) for name, errors_ms in edges.items()}
    return {"wer": round(errors / words, 4), "words": words, **time_errors}


def measure_set(recognizer: OpenAIWhisper, pipeline: Pipeline, name: str) -> dict[str, Any]:
    """A set's figures with unmodified Whisper, its log-probabilities, the pipeline's figures."""
    recordings = list(SETS[name]())
    stock = [recognizer.transcribe(recording.samples) for recording in tqdm(recordings, desc=name)]
    logprobs = [one.logprob for one in stock]
    return {
        **measure(recordings, [one.words for one in stock]),
        "logprob": {"lowest": round(min(logprobs), 3), "highest": round(max(logprobs), 3)},
        "pipeline": measure(recordings, pipeline.transcribe(recordings)),
    }


def _spread(errors_ms: Sequence[int]) -> dict[str, float]:
    return {
        "median": statistics.median(errors_ms),
        "p90": round(float(np.percentile(errors_ms, 90)), 1),
    }


def measure_non_speech(recognizer: OpenAIWhisper) -> dict[str, Any]:
    """Hallucinated words on audio without speech, and the time needed."""
    figures = {}
    for name, audio in tqdm(eval_sets.non_speech_audio().items(), desc="no speech"):
        hypotheses = [recognizer.transcribe(samples) for samples in audio]
        figures[name] = {
            "words": sum(len(one.words) for one in hypotheses),
            "seconds": round(sum(one.seconds for one in hypotheses), 2),
            "audio_seconds": round(sum(len(samples) for samples in audio) / WHISPER_RATE, 1),
        }
    return figures


def measure_out_of_vocabulary(
    recognizer: OpenAIWhisper, in_vocabulary_logprob: float
) -> dict[str, Any]:
    """Log-probabilities on out-of-vocabulary speech, and the share that the checks would flag.

    `separated` is the share with a log-probability below `in_vocabulary_logprob`, the lowest of
    the recordings within the vocabulary.
    """
    bound = Thresholds().unsure_flag_logprob
    figures = {}
    for name, audio in tqdm(eval_sets.out_of_vocabulary_audio().items(), desc="out of vocabulary"):
        logprobs = [recognizer.transcribe(samples).logprob for samples in audio]
        figures[name] = {
            "mean_logprob": round(float(np.nanmean(logprobs)), 3),
            "flagged": _share_below(logprobs, bound),
            "separated": _share_below(logprobs, in_vocabulary_logprob),
        }
    return figures


def _share_below(logprobs: Sequence[float], bound: float) -> float:
    """The share of values that are NaN or below `bound`."""
    return sum(np.isnan(one) or one < bound for one in logprobs) / len(logprobs)


def evaluate(checkpoint: Path, names: Sequence[str]) -> dict[str, Any]:
    """All figures of a checkpoint; `names` selects the sets of `SETS`."""
    recognizer, pipeline = OpenAIWhisper(checkpoint), Pipeline(checkpoint)
    sets = {name: measure_set(recognizer, pipeline, name) for name in names}
    lowest_logprob = min(one["logprob"]["lowest"] for one in sets.values())
    return {
        "checkpoint": checkpoint.name,
        "sets": sets,
        "no_speech": measure_non_speech(recognizer),
        "known_logprob": lowest_logprob,
        "other_words": measure_out_of_vocabulary(recognizer, lowest_logprob),
    }


def show(figures: dict[str, Any]) -> None:
    """Print the figures as tables."""
    console = Console()
    stock = figures["sets"]
    _show_sets(console, "stock Whisper", stock)
    _show_sets(console, "the pipeline", {name: one["pipeline"] for name, one in stock.items()})
    console.print("Times: median and 90th percentile.")
    table = Table("audio without speech", "words", "seconds", "seconds of audio")
    for name, one in figures["no_speech"].items():
        table.add_row(name, str(one["words"]), str(one["seconds"]), str(one["audio_seconds"]))
    console.print(table)
    table = Table("out-of-vocabulary speech", "mean log-probability", "flagged", "separated")
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

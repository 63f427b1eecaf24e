"""Measurement of engines on some of a lake's recordings, as the transcribe stage runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from annotate.model.errors import AnnotateError, Rejection
from annotate.model.unexpected import described, is_unexpected
from annotate.recognizers import engines
from annotate.recognizers.options import ActivityOptions, Engine
from annotate.recognizers.recognizer import Recognizer, RecognizerInput
from annotate.store.lake import Lake
from annotate.transcribe.engine_choice import Choice
from annotate.transcribe.prefetch import batched
from annotate.transcribe.preprocessing import Prepared, preprocess
from annotate.transcribe.transcribe_shard import DECODE_BOUNDS, sources

RECORDINGS = 4
"""Recordings of a sample, at most."""

ENOUGH_MS = 90_000
LONGEST_MS = 120_000
"""Audio of a sample: no further recording is added after the first, none is used past the second.
A long recording is used up to there."""

TRIED = 32
"""Recordings that are read, at most, to find some with speech."""

_RUNS = 2

Make = Callable[[Engine], Recognizer]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Prepared recordings, and the length of their audio."""

    inputs: tuple[RecognizerInput, ...]
    audio_ms: int

    def __str__(self) -> str:
        count = len(self.inputs)
        return f"{count} recording{'' if count == 1 else 's'}, {self.audio_ms / 1000:.0f} s"


def fastest(
    candidates: Sequence[Engine],
    sample: Sample,
    make: Make,
    clock: Callable[[], float] = time.perf_counter,
) -> Choice:
    """The engine that transcribes a sample fastest; the earlier one of equally fast ones.

    Args:
        candidates: The preferred one first; it is taken if the sample is empty.
        make: Loads an engine. One that fails to load or to run isn't taken.

    Raises:
        AnnotateError: If every engine fails: the first one's error.
    """
    if not sample.inputs:
        reason = f"no speech to measure with in the first {TRIED} recordings"
        return Choice(engine=candidates[0], reason=reason)
    speeds: dict[Engine, float] = {}
    errors: dict[Engine, BaseException] = {}
    for engine in candidates:
        try:
            speeds[engine] = _speed(make(engine), sample, clock)
        except BaseException as error:
            if not isinstance(error, AnnotateError) and not is_unexpected(error):
                raise
            errors[engine] = error.with_traceback(None)  # its frames would keep the weights
        engines.release_memory()
    if not speeds:
        raise errors[candidates[0]]
    best = max(speeds, key=lambda engine: speeds[engine])
    return Choice(engine=best, reason=_reason(best, speeds, errors, sample))


def take_sample(lake: Lake, recordings: pl.DataFrame, activity: ActivityOptions) -> Sample:
    """Some of the recordings with speech, in the given order. Ids are hashes: it is random."""
    inputs: list[RecognizerInput] = []
    audio_ms = 0
    for ready in _readable(lake, recordings.head(TRIED), activity):
        part, part_ms = _cut(ready, LONGEST_MS - audio_ms)
        if part.windows:
            inputs.append(part)
            audio_ms += part_ms
        if len(inputs) == RECORDINGS or audio_ms >= ENOUGH_MS:
            break
    return Sample(inputs=tuple(inputs), audio_ms=audio_ms)


def _readable(
    lake: Lake, recordings: pl.DataFrame, activity: ActivityOptions
) -> Iterator[Prepared]:
    # In small groups: preprocessing decodes many recordings ahead on a machine with many cores.
    for some in batched(sources(lake, recordings), RECORDINGS):
        for ready in preprocess(some, DECODE_BOUNDS, activity):
            if not isinstance(ready, Rejection):  # the stage rejects it with its reason
                yield ready


def _cut(ready: Prepared, longest_ms: int) -> tuple[RecognizerInput, int]:
    """A recording up to a time, and the length of its audio until then."""
    if ready.duration_ms <= longest_ms:
        return ready.input, ready.duration_ms
    windows = tuple(one for one in ready.input.windows if one.end_ms <= longest_ms)
    return replace(ready.input, windows=windows), windows[-1].end_ms if windows else 0


def _speed(recognizer: Recognizer, sample: Sample, clock: Callable[[], float]) -> float:
    """Seconds of audio per second, in the faster of two runs: other programs disturb some."""
    first = sample.inputs[0]
    # The first call of an engine takes longer: libraries load kernels and reserve memory.
    _run(recognizer, [replace(first, windows=first.windows[:1])])
    seconds = []
    for _ in range(_RUNS):
        started = clock()
        _run(recognizer, sample.inputs)
        seconds.append(clock() - started)
    return sample.audio_ms / 1000 / max(min(seconds), 1e-6)


def _run(recognizer: Recognizer, inputs: Sequence[RecognizerInput]) -> None:
    for _ in recognizer.transcribe(iter(inputs)):
        pass


def _reason(
    best: Engine,
    speeds: Mapping[Engine, float],
    errors: Mapping[Engine, BaseException],
    sample: Sample,
) -> str:
    """Such as `38 s of audio a second, ctranslate2 9.5 (4 recordings, 118 s)`."""
    slower = [f", {engine} {_number(fast)}" for engine, fast in speeds.items() if engine != best]
    failed = [f"; {engine} failed ({_text(error)})" for engine, error in errors.items()]
    measured = f"{_number(speeds[best])} s of audio a second"
    return f"{measured}{''.join(slower)} ({sample}){''.join(failed)}"


def _number(fast: float) -> str:
    return f"{fast:,.0f}" if fast >= 10 else f"{fast:.1f}"


def _text(error: BaseException) -> str:
    return str(error) if isinstance(error, AnnotateError) else described(error)

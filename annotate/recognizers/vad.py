"""Voice activity detection: silero-vad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from annotate.media.audio import RATE, Samples
from annotate.media.levels import frame_dbfs
from annotate.model.speech import Span
from annotate.recognizers.options import ActivityOptions

CHUNK = 512
"""Samples in a chunk, the detector's unit."""
_CONTEXT = 64
"""Samples before a chunk that are part of its input again."""
SHORTEST_PAUSE_CHUNKS = 2
"""Shorter ones may be the closure of a stop within a word."""
PAUSE_BELOW_THRESHOLD = 0.15
"""How far below the threshold of speech a pause is, as in silero-vad, where speech ends below it.
At the threshold itself, the first consonants of words are pauses in white noise."""

_LOUD_PERCENTILE = 99
"""Percentile of a recording's levels that is the level of its voice, if there is one."""
_QUIET_DBFS = -40.0
"""Below this level the detector misses words: with the demo's speech at -55 dBFS 1 % of them."""
_USUAL_DBFS = -25.0
"""The level to which quieter recordings are amplified for the detector."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Where somebody speaks in a recording. Both are in order and without overlap.

    Attributes:
        speech: The stretches in which somebody speaks, over short pauses.
        pauses: Where nobody speaks, from 64 ms on, also within a stretch of speech. Their ends are
            those of the detector's chunks, half a chunk early: the mean of where the sound begins.
    """

    speech: tuple[Span, ...]
    pauses: tuple[Span, ...]


@lru_cache(maxsize=1)
def _detector() -> Any:
    threads = torch.get_num_threads()
    import silero_vad  # sets torch to one thread for the whole process when imported

    torch.set_num_threads(threads)
    return silero_vad, silero_vad.load_silero_vad(onnx=True).session


def speech_spans(samples: Samples, options: ActivityOptions) -> tuple[Span, ...]:
    """The stretches in which somebody speaks, in order and without overlap."""
    return all_speech_spans([samples], options)[0]


def all_speech_spans(
    recordings: Sequence[Samples], options: ActivityOptions
) -> list[tuple[Span, ...]]:
    """The same for several recordings, which is faster than one after the other."""
    return [activity.speech for activity in detect_activity(recordings, options)]


def detect_activity(recordings: Sequence[Samples], options: ActivityOptions) -> list[Activity]:
    """The speech and the pauses of several recordings."""
    amplified = [_amplified(samples) for samples in recordings]
    return [
        Activity(_speech(probabilities, len(samples), options), _pauses(probabilities, options))
        for samples, probabilities in zip(recordings, _probabilities(amplified), strict=True)
    ]


def _amplified(samples: Samples) -> Samples:
    """A quiet recording at a usual level, as far as its peak allows; others are unchanged."""
    levels = frame_dbfs(samples)
    if not len(levels):
        return samples
    level = float(np.percentile(levels, _LOUD_PERCENTILE))
    peak = float(np.abs(samples).max())
    if level >= _QUIET_DBFS or peak == 0:
        return samples
    gain = min(10 ** ((_USUAL_DBFS - level) / 20), 1 / peak)
    return samples * np.float32(max(1.0, gain))


def _speech(
    probabilities: NDArray[np.float32], samples: int, options: ActivityOptions
) -> tuple[Span, ...]:
    silero_vad, _ = _detector()
    spans = silero_vad.get_speech_timestamps_from_probs(
        probabilities.tolist(),
        sampling_rate=RATE,
        threshold=options.threshold,
        min_speech_duration_ms=options.min_speech_ms,
        min_silence_duration_ms=options.min_silence_ms,
        audio_length_samples=samples,
    )
    to_ms = 1000 / RATE
    return tuple(
        Span(start_ms=int(span["start"] * to_ms), end_ms=int(span["end"] * to_ms)) for span in spans
    )


def _pauses(probabilities: NDArray[np.float32], options: ActivityOptions) -> tuple[Span, ...]:
    threshold = max(options.threshold - PAUSE_BELOW_THRESHOLD, 0.01)
    silent = np.concatenate([[False], probabilities < threshold, [False]])
    edges = np.flatnonzero(np.diff(silent)).reshape(-1, 2)
    chunk_ms = CHUNK * 1000 // RATE
    return tuple(
        Span(start_ms=start * chunk_ms, end_ms=end * chunk_ms - chunk_ms // 2)
        for start, end in edges.tolist()
        if end - start >= SHORTEST_PAUSE_CHUNKS
    )


def _probabilities(recordings: Sequence[Samples]) -> list[NDArray[np.float32]]:
    """The probability of speech in each chunk of each recording.

    The network's state has a row for each recording, so that all are processed in step. Rows are
    sorted by length, the longest first; recordings that have ended are cut off.
    """
    _, session = _detector()
    counts = [-(-len(samples) // CHUNK) for samples in recordings]
    order = sorted(range(len(recordings)), key=lambda index: -counts[index])
    chunks = np.zeros((max(counts, default=0), len(order), CHUNK), dtype=np.float32)
    for row, index in enumerate(order):
        padded = np.pad(recordings[index], (0, counts[index] * CHUNK - len(recordings[index])))
        chunks[: counts[index], row] = padded.reshape(-1, CHUNK)
    probabilities = np.zeros(chunks.shape[:2], dtype=np.float32)
    state: NDArray[np.float32] = np.zeros((2, len(order), 128), dtype=np.float32)
    before: NDArray[np.float32] = np.zeros((len(order), _CONTEXT), dtype=np.float32)
    rate = np.array(RATE, dtype=np.int64)
    left = np.array([counts[index] for index in order])
    for step, chunk in enumerate(chunks):
        rows = int((left > step).sum())
        frames = np.concatenate([before[:rows], chunk[:rows]], axis=1)
        given = {"input": frames, "state": state[:, :rows], "sr": rate}
        step_probabilities, state = session.run(None, given)
        probabilities[step, :rows] = step_probabilities[:, 0]
        before = chunk[:, -_CONTEXT:]
    row_of = {index: row for row, index in enumerate(order)}
    return [probabilities[: counts[index], row_of[index]] for index in range(len(recordings))]

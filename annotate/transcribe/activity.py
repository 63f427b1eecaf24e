"""Where somebody speaks: silero-vad, and the levels of speech and of the rest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from annotate.model.speech import Span
from annotate.store.audio import RATE, Samples
from annotate.store.editing import rms_dbfs
from annotate.transcribe.options import ActivityOptions

_ONE_AT_A_TIME = threading.Lock()
"""The detector's network keeps its state from call to call."""


@lru_cache(maxsize=1)
def _detector() -> Any:
    threads = torch.get_num_threads()
    import silero_vad  # sets torch to one thread for the whole process when imported

    torch.set_num_threads(threads)
    return silero_vad, silero_vad.load_silero_vad(onnx=True)


def speech_spans(samples: Samples, options: ActivityOptions) -> tuple[Span, ...]:
    """The stretches in which somebody speaks, in order and without overlap."""
    with _ONE_AT_A_TIME:
        silero_vad, network = _detector()
        found = silero_vad.get_speech_timestamps(
            torch.from_numpy(samples),
            network,
            sampling_rate=RATE,
            threshold=options.threshold,
            min_speech_duration_ms=options.min_speech_ms,
            min_silence_duration_ms=options.min_silence_ms,
        )
    to_ms = 1000 / RATE
    return tuple(
        Span(start_ms=int(span["start"] * to_ms), end_ms=int(span["end"] * to_ms)) for span in found
    )


def levels_dbfs(samples: Samples, speech: Sequence[Span]) -> tuple[float | None, float | None]:
    """The level of the speech and of everything else, in dB relative to full scale.

    None for a part that doesn't exist.
    """
    inside = np.zeros(len(samples), dtype=bool)
    for span in speech:
        inside[span.start_ms * RATE // 1000 : span.end_ms * RATE // 1000] = True
    return _level(samples[inside]), _level(samples[~inside])


def _level(samples: Samples) -> float | None:
    return round(rms_dbfs(samples), 3) if len(samples) else None

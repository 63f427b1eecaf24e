"""Voice activity detection in batches has the same results as for single recordings."""

import numpy as np
import silero_vad
import torch

from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.vad import all_speech_spans, speech_spans
from tests.sounds import silence, spoken, tone

OPTIONS = ActivityOptions()


def test_spans_do_not_depend_on_the_batch() -> None:
    several = [spoken("cat-01", 0, 9), silence(2.0), spoken("astronaut-01", 1, 5.33), tone(0.01)]
    assert all_speech_spans(several, OPTIONS) == [speech_spans(one, OPTIONS) for one in several]
    assert all_speech_spans(several[::-1], OPTIONS) == all_speech_spans(several, OPTIONS)[::-1]


def test_spans_are_those_of_silero_vad() -> None:
    samples = spoken("astronaut-01", 0, 12)
    expected = silero_vad.get_speech_timestamps(
        torch.from_numpy(samples),
        silero_vad.load_silero_vad(onnx=True),
        threshold=OPTIONS.threshold,
        min_speech_duration_ms=OPTIONS.min_speech_ms,
        min_silence_duration_ms=OPTIONS.min_silence_ms,
    )
    found = speech_spans(samples, OPTIONS)
    assert len(found) > 1
    assert [(span.start_ms, span.end_ms) for span in found] == [
        (int(one["start"] / 16), int(one["end"] / 16)) for one in expected
    ]


def test_no_recordings_and_empty_recordings_are_accepted() -> None:
    assert all_speech_spans([], OPTIONS) == []
    assert all_speech_spans([np.zeros(0, np.float32)], OPTIONS) == [()]

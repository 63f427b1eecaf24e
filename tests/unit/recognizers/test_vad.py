"""Voice activity detection in batches has the same results as for single recordings."""

import numpy as np
import silero_vad
import torch

from annotate.model.speech import Span
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.vad import (
    Activity,
    _amplified,
    _pauses,
    all_speech_spans,
    detect_activity,
    speech_spans,
)
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
    assert detect_activity([np.zeros(0, np.float32)], OPTIONS) == [Activity((), ())]


def test_pauses_are_also_those_too_short_to_end_a_stretch_of_speech() -> None:
    """A comma's pause at 4,759 to 5,359 ms, and a shorter one at 7,428 to 7,643 ms."""
    (found,) = detect_activity([spoken("astronaut-01", 0, 9)], OPTIONS)
    assert any(span.start_ms < 7_428 and span.end_ms > 7_643 for span in found.speech)
    ends = [pause.end_ms for pause in found.pauses]
    assert any(abs(end - 5_359) <= 32 for end in ends)
    assert any(abs(end - 7_643) <= 32 for end in ends)


def test_pauses_have_two_chunks_or_more() -> None:
    probabilities = np.array(
        [0, 0, 0.9, 0.1, 0.9, 0.34, 0.34, 0.4, 0.4, 0.35, 0.2, 0.2, 0.2], np.float32
    )
    assert _pauses(probabilities, OPTIONS) == (
        Span(start_ms=0, end_ms=48),
        Span(start_ms=160, end_ms=208),
        Span(start_ms=320, end_ms=400),
    )


def test_pauses_follow_the_threshold_of_speech() -> None:
    probabilities = np.array([0.9, 0.1, 0.1, 0.0, 0.0, 0.9], np.float32)
    (pause,) = _pauses(probabilities, ActivityOptions(threshold=0.0))
    assert pause == Span(start_ms=96, end_ms=144)


def test_quiet_speech_is_detected_like_loud_speech() -> None:
    loud = spoken("astronaut-01", 0, 12)
    quiet = np.rint(loud * np.float32(0.01) * 32_768).astype(np.float32) / 32_768
    (expected,), (found,) = (all_speech_spans([one], OPTIONS) for one in (loud, quiet))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert abs(one.start_ms - other.start_ms) <= 64
        assert abs(one.end_ms - other.end_ms) <= 64


def test_only_quiet_recordings_are_amplified_and_never_beyond_full_scale() -> None:
    usual = spoken("astronaut-01", 0, 4)
    assert _amplified(usual) is usual
    quiet = usual * np.float32(0.01)
    assert 0.1 < np.abs(_amplified(quiet)).max() <= 1.0
    clicking = quiet.copy()
    clicking[1_000] = 0.5
    assert np.abs(_amplified(clicking)).max() == 1.0
    assert not _amplified(silence(1.0)).any()


def test_quiet_noise_is_no_speech() -> None:
    noise = np.random.default_rng(1).standard_normal(160_000).astype(np.float32) * 1e-4
    assert speech_spans(noise, OPTIONS) == ()
    assert speech_spans(tone(5.0, level=1e-3), OPTIONS) == ()

"""Flags for noise, clicks and thuds on recordings, with the real voice activity detection."""

import numpy as np
import pytest

from annotate.check.thresholds import Thresholds
from annotate.media.audio import RATE, Samples
from annotate.media.levels import frame_dbfs, speech_and_noise_dbfs, transients_ms
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.vad import speech_spans
from tests.sounds import silence, spoken

BOUNDS = Thresholds()


def flags(samples: Samples) -> set[str]:
    """The reasons for which the checks of noise and bursts flag the samples."""
    spans = speech_spans(samples, ActivityOptions())
    levels = frame_dbfs(samples)
    voice, noise = speech_and_noise_dbfs(levels, spans)
    assert voice is not None
    assert noise is not None
    bursts = transients_ms(levels, spans, voice, noise)
    found = {"noisy"} if voice - noise < BOUNDS.noisy_flag_db else set()
    return found | ({"transients"} if len(bursts) > BOUNDS.transients_flag_count else set())


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def in_a_room(level: float = 3e-4) -> Samples:
    samples = np.concatenate([silence(0.8), spoken("officer-01", 0.5, 8.0), silence(1.2)])
    return samples + (level * rng().standard_normal(len(samples))).astype(np.float32)


def with_burst(at_s: float, decay_ms: float, hertz: float | None, level: float) -> Samples:
    samples = in_a_room()
    count = round(decay_ms * 5 * RATE / 1000)
    shape = level * np.exp(-np.arange(count) * 1000 / RATE / decay_ms)
    sine = np.sin(2 * np.pi * (hertz or 0) * np.arange(count) / RATE)
    carrier = rng().standard_normal(count) if hertz is None else sine
    start = round(at_s * RATE)
    samples[start : start + count] += (shape * carrier).astype(np.float32)
    return np.clip(samples, -1, 1)


@pytest.mark.parametrize("name", ["rocket-02", "cat-03", "coffee-03", "flower-02"])
def test_clean_recordings_are_not_flagged(name: str) -> None:
    """In the first one, the VAD misses a word that is louder than the rest."""
    assert flags(spoken(name, 0, 20)) == set()


@pytest.mark.parametrize(
    ("burst", "expected"),
    [
        ((0.1, 2.0, None, 0.8), {"transients"}),
        ((9.0, 2.0, None, 0.8), {"transients"}),
        ((0.1, 40.0, 70.0, 0.8), {"transients"}),
        ((8.7, 40.0, 70.0, 0.8), {"transients"}),
        ((8.4, 160.0, None, 0.4), set()),
        ((0.1, 2.0, None, 0.03), set()),
    ],
    ids=["click, start", "click, end", "thud, start", "thud, end", "cough, end", "soft click"],
)
def test_bursts_are_not_flagged_as_noise(
    burst: tuple[float, float, float | None, float], expected: set[str]
) -> None:
    assert flags(with_burst(*burst)) == expected


@pytest.mark.parametrize(("snr_db", "expected"), [(5, {"noisy"}), (10, {"noisy"}), (20, set())])
def test_noise_is_flagged_by_its_level(snr_db: float, expected: set[str]) -> None:
    voice = float(np.sqrt(np.mean(np.square(spoken("officer-01", 0.5, 8.0)))))
    assert flags(in_a_room(voice * 10 ** (-snr_db / 20))) == expected


def test_hum_is_flagged_as_noise() -> None:
    samples = in_a_room()
    hum = 0.06 * np.sin(2 * np.pi * 50 * np.arange(len(samples)) / RATE)
    assert flags(samples + hum.astype(np.float32)) == {"noisy"}

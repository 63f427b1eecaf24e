"""Noise level and bursts are independent of clicks, coughs and pauses."""

import numpy as np
import pytest

from annotate.check.thresholds import Thresholds
from annotate.media.audio import RATE, Samples
from annotate.media.levels import frame_dbfs, speech_and_noise_dbfs, transients_ms
from annotate.model.speech import Span
from tests.sounds import silence, spoken, tone

BOUND_DB = Thresholds().noisy_flag_db
BEFORE_S, AFTER_S = 1.0, 1.5
VOICE = spoken("astronaut-01", 1.0, 8.5)
SPEECH = (Span(start_ms=1000, end_ms=1000 + len(VOICE) * 1000 // RATE),)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def recording(room: float = 1e-4) -> Samples:
    """A voice with a second before it and one and a half after, in a room that isn't silent."""
    samples = np.concatenate([silence(BEFORE_S), VOICE, silence(AFTER_S)])
    return samples + (room * rng().standard_normal(len(samples))).astype(np.float32)


def with_burst(at_s: float, decay_ms: float, *, hertz: float | None = None, level: float = 0.7):
    """A recording with a burst: noise for a click or a cough, a low tone for a thud."""
    samples = recording()
    count = round(decay_ms * 5 * RATE / 1000)
    shape = level * np.exp(-np.arange(count) * 1000 / RATE / decay_ms)
    carrier = rng().standard_normal(count)
    if hertz is not None:
        carrier = np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    start = round(at_s * RATE)
    samples[start : start + count] += (shape * carrier).astype(np.float32)
    return np.clip(samples, -1, 1)


def noisy(snr_db: float) -> Samples:
    """A recording with white noise at this distance below the voice."""
    voice = np.sqrt(np.mean(np.square(VOICE)))
    return recording(float(voice) * 10 ** (-snr_db / 20))


def clearance(samples: Samples, speech: tuple[Span, ...] = SPEECH) -> float:
    voice, noise = speech_and_noise_dbfs(frame_dbfs(samples), speech)
    assert voice is not None
    assert noise is not None
    return voice - noise


def bursts(samples: Samples, speech: tuple[Span, ...] = SPEECH) -> tuple[int, ...]:
    levels = frame_dbfs(samples)
    return transients_ms(levels, speech, *speech_and_noise_dbfs(levels, speech))


CLICK = {"decay_ms": 2.0}
THUD = {"decay_ms": 40.0, "hertz": 70.0}
COUGH = {"decay_ms": 180.0, "level": 0.4}


@pytest.mark.parametrize("at_s", [0.1, 8.8])
@pytest.mark.parametrize("burst", [CLICK, THUD, COUGH], ids=["click", "thud", "cough"])
def test_a_burst_does_not_change_the_noise_level(at_s: float, burst: dict[str, float]) -> None:
    assert clearance(with_burst(at_s, **burst)) == pytest.approx(clearance(recording()), abs=1.5)


@pytest.mark.parametrize(
    ("snr_db", "flagged"), [(0, True), (5, True), (10, True), (15, False), (20, False), (30, False)]
)
def test_the_level_of_white_noise_is_measured(snr_db: float, flagged: bool) -> None:
    found = clearance(noisy(snr_db))
    assert (found < BOUND_DB) is flagged
    assert found == pytest.approx(10 * np.log10(1 + 10 ** (snr_db / 10)), abs=1)  # both over noise


def test_loud_hum_is_noise_and_an_offset_is_not() -> None:
    samples = recording()
    assert clearance(samples + tone(len(samples) / RATE, hertz=50, level=0.06)) < BOUND_DB
    assert clearance(samples + np.float32(0.1)) == pytest.approx(clearance(samples), abs=0.5)


def test_without_pauses_the_noise_is_measured_between_words() -> None:
    whole = (Span(start_ms=0, end_ms=len(VOICE) * 1000 // RATE),)
    assert clearance(VOICE, whole) > 20
    loud = VOICE + (0.03 * rng().standard_normal(len(VOICE))).astype(np.float32)
    assert clearance(loud, whole) < BOUND_DB


def test_digital_silence_is_excluded_from_the_noise_level() -> None:
    samples = noisy(5)
    samples[: RATE // 2] = 0.0  # a filled gap
    assert clearance(samples) < BOUND_DB


def test_speech_missed_by_the_vad_does_not_count_as_noise() -> None:
    found = (Span(start_ms=1000, end_ms=4000), Span(start_ms=5000, end_ms=8500))
    assert clearance(recording(), found) > BOUND_DB
    assert bursts(recording(), found) == ()


@pytest.mark.parametrize("at_s", [0.1, 8.8])
@pytest.mark.parametrize("burst", [CLICK, THUD], ids=["click", "thud"])
def test_clicks_and_thuds_are_detected(at_s: float, burst: dict[str, float]) -> None:
    (found,) = bursts(with_burst(at_s, **burst))
    assert abs(found - at_s * 1000) <= 20


def test_coughs_noise_and_soft_clicks_are_not_detected() -> None:
    assert bursts(with_burst(8.6, **COUGH)) == ()
    assert bursts(with_burst(0.1, 2.0, level=0.03)) == ()
    for snr_db in (-5, 0, 5, 10, 20):
        assert bursts(noisy(snr_db)) == ()


def test_each_of_several_bursts_is_detected_once() -> None:
    samples = with_burst(0.1, **CLICK)
    samples += with_burst(0.5, **CLICK) - recording()
    samples += with_burst(9.5, **THUD) - recording()
    assert len(bursts(samples)) == 3


@pytest.mark.parametrize("samples", [silence(0.0), silence(0.001), silence(3.0), tone(0.3)])
def test_without_speech_there_is_no_speech_level(samples: Samples) -> None:
    levels = frame_dbfs(samples)
    voice, noise = speech_and_noise_dbfs(levels, ())
    assert voice is None
    assert noise is None or np.isfinite(noise)
    assert transients_ms(levels, (), voice, noise) == ()


def test_a_span_beyond_the_end_is_clipped() -> None:
    assert clearance(recording(), (Span(start_ms=1000, end_ms=99_000),)) > BOUND_DB

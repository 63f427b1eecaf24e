"""Conversion of samples to pydub and back, and levels in dB."""

import numpy as np
import pytest

from annotate.media.loudness import FLOOR_DBFS, as_samples, as_segment, peak_dbfs, rms_dbfs
from tests.sounds import silence, tone


def test_conversion_to_pydub_and_back_is_lossless() -> None:
    samples = tone(0.5)
    assert np.abs(as_samples(as_segment(samples)) - samples).max() < 1e-4


def test_a_segment_is_as_long_as_its_samples() -> None:
    assert len(as_segment(tone(1.25))) == 1250


def test_levels_of_a_sine_wave() -> None:
    assert peak_dbfs(tone(1.0, level=0.5)) == pytest.approx(-6.02, abs=0.02)
    assert rms_dbfs(tone(1.0, level=0.5)) == pytest.approx(-9.03, abs=0.02)


def test_the_level_of_silence_is_the_floor() -> None:
    assert rms_dbfs(silence(1.0)) == FLOOR_DBFS
    assert peak_dbfs(silence(1.0)) == FLOOR_DBFS

"""What is measured of sound on arrival: clipping that survives a codec."""

import numpy as np
import pytest

from annotate.ingest.probe import clipped_frac, probe_sound
from annotate.media.audio import Samples, decode
from tests.sounds import as_wav, encoded, silence, spoken, tone


def overdriven(samples: Samples, gain: float) -> Samples:
    return np.clip(samples * gain, -1, 1)


def test_clean_speech_has_little_near_its_top() -> None:
    assert clipped_frac(spoken()) < 0.02


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("mp4", "aac")])
def test_clipping_shows_after_a_lossy_codec(container: str, codec: str) -> None:
    clipped = decode(encoded(overdriven(spoken(), 16), container, codec)).samples
    assert clipped_frac(clipped) > 0.05


def test_turning_it_down_does_not_hide_clipping() -> None:
    clipped = overdriven(spoken(), 16)
    assert clipped_frac(clipped * 0.1) == pytest.approx(clipped_frac(clipped), abs=0.01)


def test_silence_and_nothing_have_not_clipped() -> None:
    assert clipped_frac(silence(1.0)) == clipped_frac(silence(0.0)) == 0.0


def test_a_copy_in_another_container_has_the_same_sample_hash() -> None:
    wav = as_wav(tone(1.0))
    flac = encoded(decode(wav).samples, "flac", "flac", 16_000)
    assert probe_sound(decode(wav)).pcm_sha256 == probe_sound(decode(flac)).pcm_sha256

"""Measurements of audio at ingestion: clipping, hash of samples, and reading in another process."""

import numpy as np
import pytest

from annotate.ingest.probe import clipped_frac, measure_sound, read_sound
from annotate.media.audio import AudioBounds, Samples, decode
from annotate.media.clean_sound import clean_sound
from annotate.model.errors import RejectedError
from tests.sounds import as_wav, encoded, silence, spoken, tone


def overdriven(samples: Samples, gain: float) -> Samples:
    return np.clip(samples * gain, -1, 1)


def test_clean_speech_has_few_samples_near_its_peak() -> None:
    assert clipped_frac(spoken()) < 0.02


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("mp4", "aac")])
def test_clipping_is_detected_after_a_lossy_codec(container: str, codec: str) -> None:
    clipped = decode(encoded(overdriven(spoken(), 16), container, codec)).samples
    assert clipped_frac(clipped) > 0.05


def test_clipping_is_detected_at_a_lower_volume() -> None:
    clipped = overdriven(spoken(), 16)
    assert clipped_frac(clipped * 0.1) == pytest.approx(clipped_frac(clipped), abs=0.01)


def test_silence_and_empty_audio_are_not_clipped() -> None:
    assert clipped_frac(silence(1.0)) == clipped_frac(silence(0.0)) == 0.0


def test_a_copy_in_another_container_has_the_same_sample_hash() -> None:
    wav = as_wav(tone(1.0))
    flac = encoded(decode(wav).samples, "flac", "flac", 16_000)
    assert measure_sound(decode(wav)).pcm_sha256 == measure_sound(decode(flac)).pcm_sha256


def test_measurements_in_a_separate_process_are_the_same() -> None:
    data = encoded(spoken(), "webm", "libopus")
    pcm, bounds = decode(data), AudioBounds()
    assert read_sound(data, bounds) == (measure_sound(pcm), clean_sound(data, pcm, bounds))


def test_rejections_in_a_separate_process_are_raised() -> None:
    with pytest.raises(RejectedError) as rejected:
        read_sound(b"no sound", AudioBounds())
    assert rejected.value.reason == "not_audio"

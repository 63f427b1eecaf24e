"""Measurements of sound at ingestion: clipping after a lossy codec, and facts by a process."""

import numpy as np
import pytest

from annotate.ingest.probe import clipped_frac, measure_sound, read_sound
from annotate.media.audio import AudioBounds, Samples, decode
from annotate.media.clean_sound import clean_sound
from annotate.model.errors import RejectedError
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
    assert measure_sound(decode(wav)).pcm_sha256 == measure_sound(decode(flac)).pcm_sha256


def test_what_a_process_of_its_own_measures_is_the_same() -> None:
    data = encoded(spoken(), "webm", "libopus")
    pcm, bounds = decode(data), AudioBounds()
    assert read_sound(data, bounds) == (measure_sound(pcm), clean_sound(data, pcm, bounds))


def test_its_rejections_come_through() -> None:
    with pytest.raises(RejectedError) as rejected:
        read_sound(b"no sound", AudioBounds())
    assert rejected.value.reason == "not_audio"

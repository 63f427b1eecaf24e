"""The track and channels with the voice are used, without cancellation."""

import numpy as np
import pytest

from annotate.media.audio import RATE, Samples, decode
from annotate.media.channels import mix, speech_energy
from tests.media_files import muxed, pcm16, wav
from tests.sounds import silence, spoken, tone

RNG = np.random.default_rng(0)


def noise(like: Samples, level: float) -> Samples:
    return (level * RNG.standard_normal(len(like))).astype(np.float32)


def hum(like: Samples, level: float) -> Samples:
    return tone(len(like) / RATE, hertz=50, level=level)


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


VOICE = spoken()
SILENT = np.zeros_like(VOICE)


@pytest.mark.parametrize(
    "other",
    [
        SILENT,
        noise(VOICE, 0.003),
        noise(VOICE, 0.2),
        hum(VOICE, 0.3),
        np.full_like(VOICE, 0.4),
        np.where(np.arange(len(VOICE)) % 40_000 < 60, 0.9, 0.0).astype(np.float32),
    ],
    ids=["silent", "faint noise", "loud noise", "hum", "offset", "clicks"],
)
def test_a_channel_without_the_voice_is_not_used(other: Samples) -> None:
    for channels, used in (([VOICE, other], (1,)), ([other, VOICE], (2,))):
        mixed, which = mix(channels)
        assert which == used
        np.testing.assert_array_equal(mixed, VOICE)


def test_two_channels_with_the_same_voice_are_averaged() -> None:
    mixed, used = mix([VOICE, VOICE * np.float32(0.5)])
    assert used == (1, 2)
    np.testing.assert_allclose(mixed, 0.75 * VOICE, atol=1e-6)


@pytest.mark.parametrize("level", [1.0, 0.7])
def test_inverted_channels_do_not_cancel(level: float) -> None:
    inverted = -np.float32(level) * VOICE + noise(VOICE, 0.001)
    mixed, used = mix([VOICE, inverted])
    assert used == (1, 2)
    assert loudness(mixed) > 0.8 * loudness(VOICE)


def test_inverted_channels_with_a_common_hum_do_not_cancel() -> None:
    common = hum(VOICE, 0.2)
    mixed, _ = mix([VOICE + common, -VOICE + common])
    assert loudness(mixed) > 0.9 * loudness(VOICE)


def test_two_speakers_on_two_channels_are_mixed() -> None:
    other = spoken("cat-01", 0, 12)
    mixed, used = mix([VOICE, other])
    assert used == (1, 2)
    np.testing.assert_allclose(mixed, (VOICE + other) / 2, atol=1e-6)


def test_of_six_channels_the_one_with_the_voice_is_used() -> None:
    channels = [noise(VOICE, 0.001) for _ in range(6)]
    channels[2] = VOICE
    assert mix(channels)[1] == (3,)


def test_a_channel_with_a_tone_is_preferred_to_silence() -> None:
    steady = tone(3.0)
    assert mix([silence(3.0) + np.float32(1e-8), steady])[1] == (2,)


def test_silent_channels_are_mixed_to_silence() -> None:
    mixed, used = mix([SILENT, SILENT])
    assert (float(np.abs(mixed).max()), used) == (0.0, (1, 2))
    assert speech_energy(silence(0.0)) == 0.0
    assert speech_energy(tone(0.01)) > 0


@pytest.mark.parametrize(("left", "right"), [(VOICE, -VOICE), (SILENT, VOICE), (VOICE, SILENT)])
def test_a_stereo_file_is_decoded(left: Samples, right: Samples) -> None:
    both = np.stack([left, right], axis=1).reshape(-1)
    pcm = decode(wav(pcm16(both), channels=2))
    assert loudness(pcm.samples) == pytest.approx(loudness(VOICE), rel=0.01)
    coded = decode(muxed([left, right], container="webm"))
    assert loudness(coded.samples) == pytest.approx(loudness(VOICE), rel=0.1)


@pytest.mark.parametrize("container", ["matroska", "mp4"])
def test_a_silent_first_track_is_skipped(container: str) -> None:
    data = muxed([SILENT], [VOICE], container=container, codec="aac")
    pcm = decode(data)
    assert pcm.track == 2
    assert loudness(pcm.samples) == pytest.approx(loudness(VOICE), rel=0.1)


def test_of_two_tracks_with_voices_the_first_is_used() -> None:
    data = muxed([VOICE], [spoken("cat-01", 0, 12)], container="matroska", codec="aac")
    assert decode(data).track == 1


def test_a_track_of_noise_is_skipped() -> None:
    data = muxed([noise(VOICE, 0.3)], [VOICE], container="matroska", codec="aac")
    assert decode(data).track == 2


def test_the_only_track_and_channel_are_reported() -> None:
    pcm = decode(muxed([VOICE]))
    assert (pcm.track, pcm.used_channels, pcm.channels) == (1, (1,), 1)

"""Concatenated files are decoded completely, whatever the rate and channels of each."""

import numpy as np
import pytest

from annotate.media.audio import RATE, decode
from annotate.media.joined import parts
from tests.media_files import chunk, muxed, pcm16, wav
from tests.sounds import as_wav, encoded, silence, tone

KINDS = [
    ("ogg", "libopus", 48_000, 48_000),
    ("ogg", "flac", 44_100, 16_000),
    ("mp3", "libmp3lame", 44_100, 22_050),
    ("adts", "aac", 44_100, 22_050),
    ("flac", "flac", 16_000, 48_000),
    ("wav", "pcm_s16le", 48_000, 16_000),
    ("mp4", "aac", 44_100, 22_050),
    ("webm", "libopus", 48_000, 48_000),
]


def silence_then_tone(container: str, codec: str, rate: int, channels: int) -> bytes:
    """One second of silence, then one second of tone."""
    samples = np.concatenate([silence(1.0), tone(1.0)])
    return muxed([samples] * channels, container=container, codec=codec, rate=rate)


def tones_at(samples: np.ndarray) -> tuple[float, float]:
    loud = np.flatnonzero(np.abs(samples) > 0.2) / RATE
    return loud[0], loud[loud > 2.5][0]


@pytest.mark.parametrize(("container", "codec", "first", "second"), KINDS)
def test_parts_of_different_rates_and_channels_are_decoded_completely(
    container: str, codec: str, first: int, second: int
) -> None:
    mono, stereo = (
        silence_then_tone(container, codec, first, 1),
        silence_then_tone(container, codec, second, 2),
    )
    for data in (mono + stereo, stereo + mono, mono + mono):
        pcm = decode(data)
        assert pcm.duration_ms == pytest.approx(4000, abs=150)  # each codec adds its delay
        assert tones_at(pcm.samples) == pytest.approx((1.0, 3.0), abs=0.12)
        assert pcm.filled_ms < 50


def test_rate_and_channels_are_those_of_the_first_part() -> None:
    data = silence_then_tone("ogg", "libopus", 48_000, 1) + silence_then_tone(
        "ogg", "libopus", 48_000, 2
    )
    pcm = decode(data)
    assert (pcm.channels, pcm.sample_rate, pcm.used_channels) == (1, 48_000, (1, 2))


def test_a_part_of_one_sample_is_not_an_error() -> None:
    tiny = wav(pcm16(tone(1.0)[:2]), channels=2)
    assert decode(as_wav(tone(1.0)) + tiny + as_wav(tone(1.0))).duration_ms == 2000


def test_an_unreadable_part_is_skipped() -> None:
    ogg = silence_then_tone("ogg", "libopus", 48_000, 1)
    damaged = bytearray(ogg)
    damaged[28:36] = b"NotOpus!"
    assert decode(ogg + bytes(damaged) + ogg).duration_ms == pytest.approx(4000, abs=50)


@pytest.mark.parametrize(
    "data",
    [
        encoded(tone(3.0), "ogg", "libopus"),
        encoded(tone(3.0), "mp4", "aac", 44_100),
        encoded(tone(3.0), "flac", "flac", 16_000),
        encoded(tone(3.0), "webm", "libopus"),
        as_wav(tone(1.0)),
        wav(pcm16(tone(1.0)), after=chunk(b"LIST", b"INFOISFT\4\0\0\0Lavf")),
        b"",
        b"OggS",
        b"RIFF",
        b"fLaC",
        b"\0\0\0\x08ftyp",
    ],
)
def test_a_single_file_is_not_split(data: bytes) -> None:
    assert parts(data) == [data]


def test_joined_files_are_split_into_parts() -> None:
    for container, codec, rate in [("ogg", "libopus", 48_000), ("flac", "flac", 16_000)]:
        one = encoded(tone(0.5), container, codec, rate)
        assert parts(one + one + one) == [one, one, one]
    assert parts(as_wav(tone(0.1)) * 3) == [as_wav(tone(0.1))] * 3


def test_a_chained_ogg_with_damage_in_it_is_still_split() -> None:
    one = encoded(tone(2.0), "ogg", "libopus")
    damaged = bytearray(one)
    damaged[len(damaged) // 2 :] = b"\0" * (len(damaged) - len(damaged) // 2)
    assert parts(bytes(damaged) + one)[-1] == one

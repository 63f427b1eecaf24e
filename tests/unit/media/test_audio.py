"""Decoding of whole recordings, from any container, within bounds, from untrusted bytes."""

import io
import re
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.media.audio import RATE, AudioBounds, decode
from annotate.model.errors import RejectedError
from tests.sounds import as_wav, encoded, silence, tone


def reason(data: bytes, bounds: AudioBounds | None = None) -> str:
    with pytest.raises(RejectedError) as rejection:
        decode(data, bounds)
    return rejection.value.reason


def wav_claiming(seconds: int, *, content: bytes = b"\0" * 1000) -> bytes:
    size = seconds * 96_000
    head = struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
    riff = b"RIFF" + struct.pack("<I", min(36 + size, 0xFFFFFFFF)) + b"WAVEfmt " + head
    return riff + b"data" + struct.pack("<I", min(size, 0xFFFFFFFF)) + content


@pytest.mark.parametrize(
    ("container", "codec", "rate", "name"),
    [
        ("webm", "libopus", 48_000, "webm"),
        ("ogg", "libopus", 48_000, "ogg"),
        ("mp4", "aac", 44_100, "mp4"),
        ("wav", "pcm_s16le", 48_000, "wav"),
        ("flac", "flac", 16_000, "flac"),
    ],
)
def test_every_container_is_decoded_to_the_same_samples(
    container: str, codec: str, rate: int, name: str
) -> None:
    samples = np.concatenate([silence(0.5), tone(1.0), silence(0.5)])
    pcm = decode(encoded(samples, container, codec, rate))
    assert pcm.container == name
    assert abs(pcm.duration_ms - 2000) <= 60
    loud = np.flatnonzero(np.abs(pcm.samples) > 0.2)
    assert abs(loud[0] / RATE - 0.5) < 0.05  # the encoder's delay is compensated
    assert abs(loud[-1] / RATE - 1.5) < 0.05


def test_a_webm_without_a_duration_is_decoded_to_its_end() -> None:
    whole = encoded(tone(3.0), "webm", "libopus")
    assert abs(decode(whole).duration_ms - 3000) <= 60


def test_a_truncated_file_is_decoded_to_its_end() -> None:
    whole = encoded(tone(6.0), "webm", "libopus")
    half = decode(whole[: len(whole) // 2])
    assert 1000 < half.duration_ms < 4500


def test_stereo_is_mixed_down() -> None:
    frame = av_stereo(tone(1.0))
    assert decode(frame).channels == 2
    assert abs(decode(frame).duration_ms - 1000) <= 1


def av_stereo(samples: np.ndarray) -> bytes:
    import wave

    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        both = np.repeat(np.rint(samples * 32767).astype("<i2"), 2)
        out.writeframes(both.tobytes())
    return file.getvalue()


def test_an_empty_file_is_rejected() -> None:
    assert reason(b"") == "empty_file"


@pytest.mark.parametrize(
    "data",
    [
        b"these are words, not sounds\n" * 40,
        b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
    ids=["text", "playlist", "concat list"],
)
def test_text_and_playlists_are_rejected_without_opening_other_files(data: bytes) -> None:
    assert reason(data) == "not_audio"


def test_an_archive_is_rejected() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.wav", as_wav(tone(0.1)))
    assert reason(file.getvalue()) == "not_audio"


def test_too_many_bytes_are_rejected_before_decoding() -> None:
    assert reason(b"x" * 101, AudioBounds(max_bytes=100)) == "too_large"


def test_a_header_that_claims_ten_hours_is_rejected() -> None:
    assert reason(wav_claiming(36_000)) == "too_long"


def test_a_header_of_unknown_length_is_accepted() -> None:
    streamed = bytearray(as_wav(tone(1.0)))
    streamed[40:44] = struct.pack("<I", 0xFFFFFFFF)
    assert abs(decode(bytes(streamed)).duration_ms - 1000) <= 1


def test_a_long_recording_in_a_small_file_is_rejected() -> None:
    long = encoded(silence(20.0), "ogg", "libopus")
    assert reason(long, AudioBounds(max_seconds=10)) == "too_long"


def test_decoding_that_takes_too_long_is_rejected() -> None:
    slow = AudioBounds(max_decode_seconds=1e-9)
    assert reason(encoded(tone(5.0), "ogg", "libopus"), slow) == "too_slow"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2000))
def test_damaged_bytes_are_rejected_or_decoded_but_never_crash(noise: bytes, at: int) -> None:
    whole = encoded(tone(0.3), "webm", "libopus")
    at %= len(whole)
    try:
        pcm = decode(whole[:at] + noise + whole[at + len(noise) :])
    except RejectedError:
        return
    assert np.isfinite(pcm.samples).all()


@pytest.mark.parametrize("data", [b"words " * 50, b"OggS" + b"x" * 500, b"RIFF\0\0\0\0WAVE"])
def test_the_detail_of_a_rejection_contains_no_internals(data: bytes) -> None:
    with pytest.raises(RejectedError) as rejected:
        decode(data)
    assert not re.search(r"<|>|0x|Errno|BytesIO", rejected.value.detail), rejected.value.detail

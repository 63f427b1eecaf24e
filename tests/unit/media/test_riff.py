"""WAV headers that are wrong, unfinished or impossible: decoded, or rejected with a reason."""

import struct

import numpy as np
import pytest

from annotate.media.audio import AudioBounds, decode
from annotate.model.errors import RejectedError
from tests.media_files import chunk, pcm16, wav
from tests.sounds import tone

SECOND = pcm16(tone(1.0))
LIST = chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Lavf58.76.100"))


def reason(data: bytes, bounds: AudioBounds | None = None) -> str:
    with pytest.raises(RejectedError) as rejection:
        decode(data, bounds)
    return rejection.value.reason


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0xFFFF_FF00, 0x7FFF_FFFF])
@pytest.mark.parametrize("before", [b"", LIST])
def test_a_file_with_an_unfinalised_header_is_decoded_to_its_end(size: int, before: bytes) -> None:
    data = wav(SECOND, data_size=size, riff_size=size, before=before)
    if size == 0x7FFF_FFFF:
        assert reason(data) == "too_long"  # 18 hours by its header, which isn't "unknown"
        return
    assert decode(data).duration_ms == 1000


def test_a_length_in_ds64_is_checked() -> None:
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, 2**40, 2**39, 0))
    body = wav(SECOND, kind=b"RF64", data_size=0xFFFF_FFFF, riff_size=0xFFFF_FFFF)
    long = body[:12] + ds64 + body[12:]
    assert reason(long) == "too_long"
    true = chunk(b"ds64", struct.pack("<QQQI", len(SECOND) + 80, len(SECOND), 16_000, 0))
    assert decode(body[:12] + true + body[12:]).duration_ms == 1000


@pytest.mark.parametrize(
    "header",
    [
        {"rate": 0},
        {"rate": 1},
        {"rate": 3_999},
        {"channels": 0, "block": 2},
        {"bits": 0, "block": 2},
        {"bits": 0, "block": 0, "tag": 3},
        {"channels": 2, "block": 3},
        {"channels": 2, "block": 3, "tag": 0xFFFE},
    ],
)
def test_an_impossible_header_is_rejected(header: dict[str, int]) -> None:
    assert reason(wav(SECOND, data_size=2000, **header)) == "bad_header"


@pytest.mark.parametrize("rate", [768_001, 2**31 - 1, 2**31, 2**32 - 1])
def test_implausible_rates_are_rejected(rate: int) -> None:
    assert reason(wav(SECOND, rate=rate)) == "bad_header"


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 44_100, 96_000, 192_000, 384_000])
def test_common_rates_are_decoded(rate: int) -> None:
    content = pcm16(np.resize(tone(1.0), rate // 2))
    assert decode(wav(content, rate=rate)).duration_ms == 500


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 7, 8, 9, 16, 64])
def test_any_number_of_channels_is_decoded(channels: int) -> None:
    content = np.repeat(np.frombuffer(SECOND, "<i2"), channels).tobytes()
    pcm = decode(wav(content, channels=channels))
    assert (pcm.duration_ms, pcm.channels) == (1000, channels)
    np.testing.assert_allclose(pcm.samples, tone(1.0), atol=1e-3)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_extensible_form_is_decoded(channels: int) -> None:
    content = np.repeat(np.frombuffer(SECOND, "<i2"), channels).tobytes()
    assert decode(wav(content, tag=0xFFFE, channels=channels)).duration_ms == 1000


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_samples_of_all_widths_are_decoded(bits: int) -> None:
    sound = np.rint(tone(1.0) * (2 ** (bits - 1) - 1)).astype("<i4")
    raw = sound.view(np.uint8).reshape(-1, 4)[:, : bits // 8]
    content = (sound + 128).astype(np.uint8).tobytes() if bits == 8 else raw.tobytes()
    np.testing.assert_allclose(decode(wav(content, bits=bits)).samples, tone(1.0), atol=0.01)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.nan, "bad_samples"),
        (np.inf, "bad_samples"),
        (-np.inf, "bad_samples"),
        (1e30, "bad_samples"),
        (3e38, "bad_samples"),
        (32_768.0, "bad_samples"),
    ],
)
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("channels", [1, 2])
def test_one_invalid_sample_rejects_the_recording(
    value: float, expected: str, bits: int, channels: int
) -> None:
    samples = np.repeat(tone(1.0).astype(f"<f{bits // 8}"), channels)
    samples[8001] = value
    assert reason(wav(samples.tobytes(), tag=3, bits=bits, channels=channels)) == expected


@pytest.mark.parametrize("value", [1e-40, 1e-45, -1e-38, 0.0, 3.0])
def test_denormal_and_loud_samples_are_accepted(value: float) -> None:
    samples = tone(1.0).astype("<f4")
    samples[5000:6000] = value
    pcm = decode(wav(samples.tobytes(), tag=3, bits=32))
    assert pcm.duration_ms == 1000
    assert np.isfinite(pcm.samples).all()


def test_a_header_that_claims_hours_is_rejected_and_small_errors_are_not() -> None:
    assert reason(wav(SECOND, data_size=32_000 * 3600)) == "too_long"
    assert decode(wav(SECOND, data_size=40_000)).duration_ms == 1000
    assert decode(wav(SECOND, data_size=16_000)).duration_ms == 500


def test_truncated_files_are_rejected_or_decoded() -> None:
    whole = wav(SECOND, before=LIST)
    for end in range(whole.index(SECOND) + 1):
        with pytest.raises(RejectedError):
            decode(whole[:end] or b"\0")
    assert decode(whole[: len(whole) // 2]).duration_ms > 400


def test_nested_chunks_cause_no_endless_loop() -> None:
    nested = chunk(b"LIST", b"RIFF" + chunk(b"LIST", chunk(b"data", SECOND)))
    assert decode(wav(SECOND, before=nested)).duration_ms == 1000
    endless = wav(SECOND, before=b"LIST" + struct.pack("<I", 0xFFFF_FFFF))
    assert reason(endless) in {"not_audio", "no_audio"}

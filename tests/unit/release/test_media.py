from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from annotate.media.audio import RATE, decode
from annotate.media.loudness import rms_dbfs
from annotate.model.errors import RejectedError
from annotate.release.media import LONGEST_PX, LOUDNESS_DBFS, MARGIN_MS, small_jpeg, small_opus
from tests.release_builders import a_tone


def a_png(width: int, height: int, mode: str = "RGBA") -> bytes:
    packed = io.BytesIO()
    Image.new(mode, (width, height)).save(packed, "PNG")
    return packed.getvalue()


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "1"])
def test_images_become_small_jpegs(mode: str) -> None:
    with Image.open(io.BytesIO(small_jpeg(a_png(1800, 600, mode)))) as image:
        assert (image.format, image.size) == ("JPEG", (LONGEST_PX, 300))


def test_small_images_are_not_enlarged() -> None:
    with Image.open(io.BytesIO(small_jpeg(a_png(40, 30)))) as image:
        assert image.size == (40, 30)


@pytest.mark.parametrize("data", [b"", b"no image", a_png(40, 30)[:60]])
def test_anything_but_an_image_is_rejected(data: bytes) -> None:
    with pytest.raises(RejectedError, match=r"bad_image|empty_file"):
        small_jpeg(data)


def test_audio_is_trimmed_to_the_speech_and_its_start_is_returned() -> None:
    opus, from_ms = small_opus(a_tone(300, seconds=4.0), 1000, 2000)
    assert from_ms == 1000 - MARGIN_MS
    assert decode(opus).codec in ("opus", "libopus")
    assert abs(decode(opus).duration_ms - (1000 + 2 * MARGIN_MS)) < 25


def test_trimmed_audio_starts_no_earlier_than_the_recording() -> None:
    opus, from_ms = small_opus(a_tone(300, seconds=1.0), 100, 900)
    assert from_ms == 0
    assert abs(decode(opus).duration_ms - 1000) < 25


def test_loudness_is_normalized() -> None:
    opus, _ = small_opus(a_tone(300, seconds=2.0), 0, 2000)
    middle = decode(opus).samples[RATE // 2 : RATE]
    assert abs(rms_dbfs(middle) - LOUDNESS_DBFS) < 1


def test_silence_stays_silent() -> None:
    opus, _ = small_opus(a_tone(0, seconds=1.0), 0, 1000)
    assert float(np.abs(decode(opus).samples).max()) < 0.001


def test_the_same_recording_gives_the_same_bytes() -> None:
    sound = a_tone(300)
    assert small_opus(sound, 0, 1500) == small_opus(sound, 0, 1500)

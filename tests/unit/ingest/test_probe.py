"""What is measured on arrival: clipping that survives a codec, and images that can be opened."""

import io

import numpy as np
import pytest
from PIL import Image

from annotate.ingest.probe import clipped_frac, probe_image, probe_sound
from annotate.media.audio import Samples, decode
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
    assert probe_sound(decode(wav)).pcm_sha256 == probe_sound(decode(flac)).pcm_sha256


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_pictures_are_known_by_their_bytes(kind: str, suffix: str) -> None:
    facts = probe_image(picture(kind))
    assert (facts.suffix, facts.width, facts.height) == (suffix, 40, 30)


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload=alert(1)>", picture("GIF"), picture("PNG")[:60], picture("JPEG")[:-200]],
    ids=["nothing", "svg", "gif", "half a png", "half a jpeg"],
)
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(RejectedError) as refusal:
        probe_image(data)
    assert refusal.value.reason == "bad_image"


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotate.ingest.probe.MAX_PIXELS", 1000)
    with pytest.raises(RejectedError, match="too many"):
        probe_image(picture("PNG"))

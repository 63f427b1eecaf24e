"""Recordings are converted to one file with a length and an index."""

import io
from typing import Any

import av
import numpy as np
import pytest

from annotate.media.audio import RATE, Samples, decode
from annotate.media.opus_splice import GAP_MS, Sound, samples_in, splice
from annotate.media.playback_audio import playable
from annotate.model.errors import RejectedError
from tests.media_files import every_eighth_lost, muxed, shifted
from tests.sounds import as_wav, encoded, silence, tone

CUES = b"\x1c\x53\xbb\x6b"
CLUSTER = b"\x1f\x43\xb6\x75"


class Pipe(io.RawIOBase):
    """A file without seeking, as for a browser's recorder: its header is never completed."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, chunk: Any) -> int:
        self.data += chunk
        return len(chunk)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def raw_webm(seconds: float = 6.0) -> bytes:
    """WebM with Opus as a MediaRecorder writes it: without a length and without an index."""
    pipe = Pipe()
    with (
        av.open(io.BytesIO(encoded(tone(seconds), "webm", "libopus"))) as source,
        av.open(pipe, "w", format="webm", options={"live": "1"}) as live,
    ):
        stream = live.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                live.mux(packet)
    return bytes(pipe.data)


def playback_copy(data: bytes) -> bytes | None:
    """One file's packets in another file, or None if they can't be copied."""
    found = splice([data])
    return found.data if isinstance(found, Sound) else None


def length_ms(data: bytes) -> int | None:
    """The length in the header."""
    with av.open(io.BytesIO(data)) as file:
        return None if file.duration is None else round(file.duration / 1000)


def test_the_raw_file_has_no_length_and_no_index() -> None:
    raw = raw_webm()
    assert length_ms(raw) is None
    assert CUES not in raw
    assert abs(decode(raw).duration_ms - 6_000) < 50


def test_a_raw_recording_gets_a_length_and_an_index_before_the_audio() -> None:
    copied = playback_copy(raw_webm())
    assert copied is not None
    length = length_ms(copied)
    assert length is not None
    assert abs(length - 6_000) < 50
    assert 0 < copied.find(CUES) < copied.find(CLUSTER)


def test_packets_are_copied_without_encoding() -> None:
    raw = raw_webm()
    copied = playback_copy(raw)
    assert copied is not None
    before, after = decode(raw).samples, decode(copied).samples
    same = len(before) - RATE // 100  # a resampler reads ahead, and here there are more samples
    assert np.array_equal(after[:same], before[:same])
    assert len(after) - len(before) < RATE // 50  # less than the longest last packet


def test_a_truncated_recording_is_copied_to_its_end() -> None:
    raw = raw_webm(20.0)
    copied = playback_copy(raw[: len(raw) // 2])
    assert copied is not None
    assert 5_000 < (length_ms(copied) or 0) < 15_000


def test_opus_in_ogg_is_copied_into_webm() -> None:
    copied = playback_copy(encoded(tone(6.0), "ogg", "libopus"))
    assert copied is not None
    assert decode(copied).container == "webm"


@pytest.mark.parametrize(("container", "codec"), [("mp4", "aac"), ("wav", "pcm_s16le")])
def test_codecs_that_webm_does_not_allow_are_encoded(container: str, codec: str) -> None:
    data = as_wav(tone(6.0)) if container == "wav" else encoded(tone(6.0), container, codec)
    assert playback_copy(data) is None
    sound = playable([data])
    assert (decode(sound.data).codec, sound.starts_ms) == ("opus", (0,))
    assert abs((length_ms(sound.data) or 0) - decode(data).duration_ms) < 60


@pytest.mark.parametrize(
    "data",
    [
        muxed([tone(6.0)], change=every_eighth_lost),
        muxed([tone(6.0)], change=shifted(3.0)),
        muxed([silence(6.0)], [tone(6.0)]),
        muxed([tone(6.0), silence(6.0)]),
        muxed([tone(6.0)], container="ogg") + muxed([tone(6.0), tone(6.0)], container="ogg"),
    ],
    ids=["holes", "late", "second track", "one channel", "chained"],
)
def test_the_playback_file_has_the_timeline_of_the_transcribed_audio(data: bytes) -> None:
    whole = decode(data)
    sound = playable([data])
    assert abs((length_ms(sound.data) or 0) - whole.duration_ms) < 60
    played = decode(sound.data)
    assert played.filled_ms == 0
    assert np.abs(played.samples).mean() == pytest.approx(np.abs(whole.samples).mean(), rel=0.05)


def found_at(samples: Samples, chunk: Samples, near_ms: int) -> float:
    """Start of the chunk's first second, in milliseconds after `near_ms`."""
    pattern = chunk[RATE // 10 : RATE]
    at = near_ms * RATE // 1000 + RATE // 10
    shifts = range(-40, 41)
    similarity = [float(np.dot(samples[at + one :][: len(pattern)], pattern)) for one in shifts]
    return shifts[int(np.argmax(similarity))] * 1000 / RATE


def chirp(seconds: float) -> Samples:
    """A rising tone, which is similar to itself at no other time."""
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * (200 * t + 150 * t * t))).astype(np.float32)


def test_several_recordings_are_concatenated() -> None:
    voice = encoded(chirp(3.0), "webm", "libopus")
    first, second = voice, as_wav(silence(2.0))
    sound = playable([first, second, first])
    starts = (0, 3_000 + GAP_MS, 5_000 + 2 * GAP_MS)
    # A packet is copied whole: each recording may last some milliseconds longer.
    assert all(0 <= is_ - at < 50 for is_, at in zip(sound.starts_ms, starts, strict=True))
    samples = decode(sound.data).samples
    for ms in (sound.starts_ms[0], sound.starts_ms[2]):
        assert abs(found_at(samples, decode(voice).samples, ms)) <= 1
    quiet = samples[sound.starts_ms[1] * RATE // 1000 :][: 2 * RATE - 1000]
    assert np.abs(quiet).max() < 0.01
    assert abs((length_ms(sound.data) or 0) - len(samples) * 1000 / RATE) < 25


def test_recordings_marked_as_plain_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = encoded(chirp(3.0), "ogg", "libopus")
    monkeypatch.setattr("annotate.media.playback_audio.opus_of", None)
    sound = playable([voice, voice], plain=[True, True])
    samples = decode(sound.data).samples
    assert abs(found_at(samples, decode(voice).samples, sound.starts_ms[1])) <= 1


def test_the_playback_file_is_deterministic() -> None:
    recordings = [encoded(chirp(2.0), "webm", "libopus"), as_wav(chirp(2.0))]
    assert playable(recordings).data == playable(recordings).data


def test_recordings_wrongly_marked_as_plain_are_encoded() -> None:
    voice = as_wav(chirp(3.0))
    sound = playable([voice, voice], plain=[True, True])
    samples = decode(sound.data).samples
    assert abs(found_at(samples, chirp(3.0), sound.starts_ms[1])) <= 1


def test_stereo_and_mono_recordings_are_concatenated() -> None:
    stereo = muxed([chirp(3.0), chirp(3.0)])
    mono = encoded(chirp(3.0), "webm", "libopus")
    sound = playable([mono, stereo, mono])
    samples = decode(sound.data).samples
    for ms in sound.starts_ms:
        assert abs(found_at(samples, chirp(3.0), ms)) <= 1


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"", 0),
        (b"\x78", 960),  # CELT, 20 ms
        (b"\xe0", 120),  # CELT, 2.5 ms
        (b"\x18", 2880),  # SILK, 60 ms
        (b"\x79", 1920),  # two frames of 20 ms
        (b"\x7b\x03", 2880),  # three, by its second byte
        (b"\x7b", 0),
    ],
)
def test_the_length_of_a_packet_is_read_from_its_header(packet: bytes, samples: int) -> None:
    assert samples_in(packet) == samples


@pytest.mark.parametrize("data", [b"", b"text", raw_webm()[:60]])
def test_anything_but_a_recording_is_rejected(data: bytes) -> None:
    with pytest.raises(RejectedError):
        playable([data])

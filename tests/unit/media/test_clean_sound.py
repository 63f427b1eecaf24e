"""Clean copies of recordings contain only the audio, unchanged, and are deterministic."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from annotate.media import clean_sound as cleaning
from annotate.media.audio import AudioBounds, decode, opened
from annotate.media.clean_sound import clean_sound, make_clean_sound
from annotate.media.frames import is_adts_frame, is_mp3_frame
from annotate.model.ids import sha256_hex
from annotate.store.lake import Lake
from tests.media_files import lost_between, muxed
from tests.planted_audio import planted, secrets_in
from tests.sounds import as_wav, encoded, spoken, tone

BOUNDS = AudioBounds()
SOUND = spoken(end_s=5.0)
PLANTED = planted(SOUND)

AS_RECEIVED = {
    "browser.webm": "webm",
    "opus.ogg": "ogg",
    "vorbis.ogg": "ogg",
    "phone.m4a": "m4a",
    "phone.mp4": "m4a",
    "stream.aac": "m4a",
    "opus.mp4": "mp4",
    "recorder.mp3": "mp3",
    "studio.wav": "wav",
    "float.wav": "wav",
    "deep.wav": "wav",
    "sound.w64": "wav",
}
"""Formats that are copied by packets, and the suffix of the copy; others become FLAC."""

LOSSLESS = {"music.flac", "flac.mkv", "flac.ogg", "lossless.m4a", "sound.caf"}


def cleaned(data: bytes) -> cleaning.CleanSound:
    return clean_sound(data, decode(data), BOUNDS)


def test_the_secrets_are_planted() -> None:
    """Raw AAC and W64 have no tags from FFmpeg; in AAC, secrets are around the frames."""
    assert [name for name, data in PLANTED.items() if not secrets_in(data)] == ["sound.w64"]


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_clean_copy_has_no_tags_location_cover_or_chapters(name: str) -> None:
    copy = cleaned(PLANTED[name])
    assert secrets_in(copy.data) == []
    with opened(copy.data) as container:
        assert len(container.streams) == 1
        assert list(container.chapters()) == []
        tags = {**container.metadata, **container.streams.audio[0].metadata}
    plain = {"major_brand", "minor_version", "compatible_brands", "encoder", "language"}
    assert set(tags) - plain - {"handler_name", "vendor_id", "DURATION"} == set()
    assert tags.get("language", "und") == "und"


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_samples_and_their_times_are_unchanged(name: str) -> None:
    before, copy = decode(PLANTED[name]), cleaned(PLANTED[name])
    after = decode(copy.data)
    assert copy.suffix == AS_RECEIVED.get(name, "flac")
    if name in AS_RECEIVED or name in LOSSLESS:
        assert np.array_equal(before.samples, after.samples)
    else:
        assert len(before.samples) == len(after.samples)
        assert np.abs(before.samples - after.samples).max() < 2 / 32768
    assert (after.sample_rate, after.channels) == (before.sample_rate, before.channels)


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_the_same_recording_gives_the_same_bytes(name: str) -> None:
    data = PLANTED[name]
    assert cleaned(data) == cleaned(data)
    if name != "stream.aac":  # ADTS has no bit rate, but MP4 has one in its header
        assert cleaned(cleaned(data).data) == cleaned(data)


def test_the_copy_does_not_depend_on_tags() -> None:
    plain = encoded(SOUND, "ogg", "libopus")
    assert cleaned(plain) == cleaned(PLANTED["opus.ogg"])


def test_gaps_are_kept_in_the_copy() -> None:
    data = muxed([tone(6.0)], change=lost_between(2.0, 4.0))
    before, copy = decode(data), cleaned(data)
    assert before.filled_ms > 1000
    after = decode(copy.data)
    assert np.abs(before.samples - after.samples).max() < 2 / 32768


def test_of_several_tracks_the_one_with_the_voice_is_copied() -> None:
    quiet = np.zeros_like(SOUND)
    data = muxed([quiet], [quiet, SOUND], container="matroska", codec="libopus")
    before, copy = decode(data), cleaned(data)
    assert (before.track, copy.suffix) == (2, "webm")
    assert np.array_equal(before.samples, decode(copy.data).samples)


def test_concatenated_files_become_one() -> None:
    data = encoded(tone(2.0), "ogg", "libopus") + encoded(tone(1.0, hertz=300), "ogg", "libopus")
    before, copy = decode(data), cleaned(data)
    assert copy.suffix == "flac"
    assert np.abs(before.samples - decode(copy.data).samples).max() < 2 / 32768


def test_samples_above_full_scale_are_unchanged() -> None:
    loud = muxed([(3 * SOUND / np.abs(SOUND).max()).astype(np.float32)], container="wav",
                 codec="pcm_f32le", rate=16_000)  # fmt: skip
    assert np.array_equal(decode(loud).samples, decode(cleaned(loud).data).samples)


def test_a_clean_copy_is_made_on_demand_for_an_older_row(lake: Lake) -> None:
    data = PLANTED["phone.m4a"]
    made = make_clean_sound(lake.blobs, {"blob": lake.blobs.put("audio", data, "mp4")})
    stored = lake.blobs.get(made["clean_blob"])
    assert stored == cleaned(data).data
    assert (made["clean_sha256"], made["clean_bytes"]) == (sha256_hex(stored), len(stored))


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("lake"))


def packets(container: str, codec: str, rate: int) -> list[bytes]:
    with opened(encoded(tone(1.0), container, codec, rate)) as source:
        return [bytes(one) for one in source.demux(source.streams.audio[0]) if one.dts is not None]


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 24_000, 32_000, 44_100, 48_000])
def test_frames_of_mp3_and_adts_are_recognized_by_their_lengths(rate: int) -> None:
    kinds = ((is_mp3_frame, packets("mp3", "libmp3lame", rate)),
             (is_adts_frame, packets("adts", "aac", rate)))  # fmt: skip
    for is_frame, found in kinds:
        assert all(map(is_frame, found))
        for packet in found[:3]:
            damaged = (packet + b"x", packet[:-1], b"x" + packet, packet[:3], b"")
            assert not any(map(is_frame, damaged))
            assert not is_frame(b"TAG" + packet)
        for first, second in itertools.pairwise(found):
            assert not is_frame(first + second)


def test_a_tag_among_the_frames_is_not_copied() -> None:
    frames = packets("mp3", "libmp3lame", 44_100)
    data = b"".join(frames[:10]) + b"someone@example.org" * 3 + b"".join(frames[10:])
    copy = cleaned(data)
    assert b"someone" not in copy.data


def test_pcm_in_a_wav_is_copied_bit_by_bit() -> None:
    data = as_wav(SOUND)
    assert cleaned(data).data == data


def test_the_copy_contains_no_version_of_the_muxer() -> None:
    for name, data in PLANTED.items():
        assert b"Lavf6" not in cleaned(data).data, name

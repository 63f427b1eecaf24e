"""Any bytes give a recording with finite samples of a bounded length, or a rejection with a reason.

As at ingest, decoding runs in separate processes, so that a crash of FFmpeg is a rejection too.
"""

from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.media.audio import AudioBounds, decode_safely
from annotate.media.channels import mix
from annotate.media.joined import parts
from annotate.media.levels import frame_dbfs, speech_and_noise_dbfs, transients_ms
from annotate.media.timeline import Decoded, with_holes
from annotate.model.errors import RejectedError
from annotate.model.speech import Span
from tests.media_files import chunk, every_eighth_lost, muxed, pcm16, shifted, wav
from tests.sounds import tone

BOUNDS = AudioBounds(max_seconds=60, max_decode_seconds=20, max_decode_bytes=2**29)

REASONS = {
    "empty_file",
    "too_large",
    "too_long",
    "too_slow",
    "too_much_memory",
    "decoder_crashed",
    "not_audio",
    "no_audio",
    "bad_header",
    "bad_samples",
}

KINDS = [
    ("webm", "libopus", 48_000),
    ("ogg", "libopus", 48_000),
    ("ogg", "flac", 16_000),
    ("mp4", "aac", 44_100),
    ("mp3", "libmp3lame", 22_050),
    ("adts", "aac", 16_000),
    ("flac", "flac", 16_000),
    ("wav", "pcm_f32le", 16_000),
    ("caf", "pcm_s16le", 16_000),
    ("w64", "pcm_s16le", 16_000),
]


@cache
def whole(kind: int, variant: int) -> bytes:
    """A small file of each kind, valid or with unusual timestamps, tracks and parts."""
    container, codec, rate = KINDS[kind]
    samples = tone(0.4)
    options = {"container": container, "codec": codec, "rate": rate}
    if variant == 1:
        lossy = muxed([samples], change=every_eighth_lost, **options)
        return lossy + muxed([samples, samples], **options)
    if variant == 2 and container in ("webm", "mp4"):
        return muxed([samples], [samples, -samples], change=shifted(2.0), **options)
    return muxed([samples, -samples] if variant == 2 else [samples], **options)


def decoded_or_rejected(data: bytes) -> None:
    rejected = None
    try:
        pcm = decode_safely(data, BOUNDS)
    except RejectedError as error:
        rejected = error
    if rejected is not None:
        assert rejected.reason in REASONS, rejected
        assert rejected.detail
        return
    assert np.isfinite(pcm.samples).all()
    assert 0 < pcm.duration_ms <= 60_500
    assert 0 <= pcm.filled_ms <= pcm.duration_ms + 1
    assert 1 <= pcm.track <= 8
    assert min(pcm.used_channels) >= 1


files = st.tuples(st.integers(0, len(KINDS) - 1), st.integers(0, 2))
positions = st.floats(0, 1, exclude_max=True)
replacements = st.tuples(positions, st.binary(min_size=1, max_size=12))
mutations = st.lists(replacements, min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(files, mutations)
def test_changed_bytes(file, changes):
    changed = bytearray(whole(*file))
    for position, replacement in changes:
        at = int(position * len(changed))
        changed[at : at + len(replacement)] = replacement
    decoded_or_rejected(bytes(changed))


@settings(max_examples=80, deadline=None)
@given(files, positions)
def test_cut_off_anywhere(file, position):
    data = whole(*file)
    decoded_or_rejected(data[: int(position * len(data))])


@settings(max_examples=60, deadline=None)
@given(files, files, positions, positions)
def test_halves_of_two_files(first, second, end, start):
    one, other = whole(*first), whole(*second)
    decoded_or_rejected(one[: int(end * len(one))] + other[int(start * len(other)) :])


odd32 = st.sampled_from([0, 1, 2, 3, 36, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF])
odd16 = st.sampled_from([0, 1, 2, 3, 7, 8, 16, 24, 64, 255, 0x7FFF, 0xFFFF])
before = st.lists(
    st.builds(
        chunk,
        st.sampled_from([b"LIST", b"fact", b"bext", b"data", b"fmt "]),
        st.binary(max_size=40),
    ),
    max_size=3,
)


@settings(max_examples=200, deadline=None)
@given(
    tag=st.sampled_from([0, 1, 2, 3, 6, 7, 0x11, 0x55, 0xFFFE, 0xFFFF]),
    channels=odd16 | st.just(1),
    rate=odd32 | st.integers(1, 400_000),
    bits=odd16 | st.just(16),
    block=odd16 | st.none(),
    data_size=odd32 | st.none(),
    riff_size=odd32 | st.none(),
    before=before,
    kind=st.sampled_from([b"RIFF", b"RF64", b"RIFX", b"BW64"]),
    cut=positions | st.just(1.0),
)
def test_wav_headers(tag, channels, rate, bits, block, data_size, riff_size, before, kind, cut):
    data = wav(
        pcm16(tone(0.5)),
        tag=tag,
        channels=channels,
        rate=rate,
        bits=bits,
        block=block,
        data_size=data_size,
        riff_size=riff_size,
        before=b"".join(before),
        kind=kind,
    )
    decoded_or_rejected(data[: max(1, int(cut * len(data)))])


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=4, max_size=400).map(lambda raw: raw[: len(raw) // 4 * 4]))
def test_float_samples_of_any_bits(raw):
    decoded_or_rejected(wav(raw * 20, tag=3, bits=32))


@settings(max_examples=200, deadline=None)
@given(files, mutations)
def test_parts_join_to_the_whole_file(file, changes):
    changed = bytearray(whole(*file))
    for position, replacement in changes:
        at = int(position * len(changed))
        changed[at : at + len(replacement)] = replacement
    assert b"".join(parts(bytes(changed))) == bytes(changed)


class Frame:
    sample_rate = 1000

    def __init__(self, time, samples):
        self.time, self.samples = time, samples


times = st.none() | st.floats(-10, 100) | st.sampled_from([-1e12, 1e12, 9e18, 0.0])
frames = st.lists(st.builds(Frame, times, st.integers(1, 200)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(frames, st.booleans())
def test_every_frame_comes_out_once_and_in_order(given_frames, timed):
    found = list(with_holes(map(Decoded, given_frames), timed=timed))
    assert [frame for _, frame in found] == given_frames
    assert all(hole_s >= 0 for hole_s, _ in found)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=80), st.data())
def test_missing_frames_are_filled_to_within_the_smallest_hole(lengths, data):
    """With some frames left out, the last frame still ends at the right time."""
    starts = np.concatenate([[0], np.cumsum(lengths)]) / 1000
    included = data.draw(st.lists(st.booleans(), min_size=len(lengths), max_size=len(lengths)))
    present = [
        Frame(float(start), length)
        for start, length, keep in zip(starts[:-1], lengths, included, strict=True)
        if keep
    ]
    if not present or present[0].time > 0:
        present.insert(0, Frame(0.0, lengths[0]))
    end_s, last_start = 0.0, 0.0
    for hole_s, frame in with_holes(map(Decoded, present), timed=True):
        last_start = end_s + hole_s
        end_s = last_start + frame.samples / 1000
    assert last_start >= present[-1].time - 0.0081
    first_s = sum(one.samples for one in present[:1]) / 1000
    assert last_start <= present[-1].time + first_s + 1e-6


channel_counts = st.integers(1, 4)


@settings(max_examples=60, deadline=None)
@given(channel_counts, st.integers(0, 4000), st.integers(0, 2**32 - 1), st.floats(0, 100))
def test_a_mix_is_as_long_as_its_channels_and_no_louder(count, length, seed, level):
    rng = np.random.default_rng(seed)
    channels = [
        (level * rng.integers(0, 2) * rng.uniform(-1, 1, length)).astype(np.float32)
        for _ in range(count)
    ]
    mixed, used = mix(channels)
    assert len(mixed) == length
    assert mixed.dtype == np.float32
    assert set(used) <= set(range(1, count + 1))
    assert used
    assert (
        np.abs(mixed).max(initial=0) <= max(np.abs(one).max(initial=0) for one in channels) + 1e-4
    )


spans = st.lists(st.integers(0, 5000), max_size=8).map(
    lambda edges: tuple(
        Span(start_ms=start, end_ms=end) for start, end in list(pairwise(sorted(edges)))[::2]
    )
)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 64_000), st.integers(0, 2**32 - 1), st.floats(0, 100), spans)
def test_levels_are_numbers_and_bursts_are_in_the_recording(length, seed, level, speech):
    rng = np.random.default_rng(seed)
    samples = (level * rng.standard_normal(length) * rng.integers(0, 2, length)).astype("f4")
    levels = frame_dbfs(samples)
    assert np.isfinite(levels).all()
    voice, noise = speech_and_noise_dbfs(levels, speech)
    for number in (voice, noise):
        assert number is None or np.isfinite(number)
    found = transients_ms(levels, speech, voice, noise)
    assert sorted(set(found)) == list(found)
    assert all(0 <= at_ms < length / 16 for at_ms in found)

"""Words keep their times when sound is missing, starts late, or timestamps restart."""

from itertools import pairwise

import numpy as np
import pytest

from annotate.media.audio import RATE, AudioBounds, decode
from annotate.media.timeline import Decoded, with_holes
from annotate.model.errors import RejectedError
from tests.media_files import every_eighth_lost, lost_between, muxed, shifted
from tests.sounds import encoded, silence, tone

TIMED = [
    ("webm", "libopus", 48_000),
    ("ogg", "libopus", 48_000),
    ("mp4", "aac", 44_100),
    ("matroska", "aac", 48_000),
    ("mov", "aac", 44_100),
]


def beeps() -> np.ndarray:
    """Fifteen seconds with a tenth of a second of tone at 1, 4, 7, 10 and 14 s."""
    samples = silence(15.0)
    for at_s in (1, 4, 7, 10, 14):
        samples[at_s * RATE : at_s * RATE + RATE // 10] = tone(0.1)
    return samples


def beeps_at(samples: np.ndarray) -> list[float]:
    loud = np.flatnonzero(np.abs(samples) > 0.2) / RATE
    return [loud[0], *(later for before, later in pairwise(loud) if later - before > 0.5)]


class Frame:
    """A decoder's frame with only its time and length."""

    sample_rate = 1000

    def __init__(self, time: float | None, samples: int = 20):
        self.time, self.samples = time, samples


def holes(times: list[float | None]) -> list[float]:
    found = with_holes([Decoded(Frame(time)) for time in times], timed=True)
    return [round(hole_s, 6) for hole_s, _ in found]


def steady(start: float, count: int) -> list[float]:
    return [start + 0.02 * index for index in range(count)]


@pytest.mark.parametrize(("container", "codec", "rate"), TIMED)
def test_without_gaps_no_silence_is_inserted(container: str, codec: str, rate: int) -> None:
    pcm = decode(muxed([beeps()], container=container, codec=codec, rate=rate))
    assert pcm.filled_ms == 0
    assert beeps_at(pcm.samples) == pytest.approx([1, 4, 7, 10, 14], abs=0.03)


@pytest.mark.parametrize(("container", "codec", "rate"), TIMED)
def test_missing_packets_are_replaced_by_silence(container: str, codec: str, rate: int) -> None:
    damaged = muxed(
        [beeps()], container=container, codec=codec, rate=rate, change=every_eighth_lost
    )
    pcm = decode(damaged)
    assert pcm.duration_ms == pytest.approx(15_000, abs=60)
    assert pcm.filled_ms == pytest.approx(1875, abs=60)
    # An Ogg page has the end of its last packet only, so a hole's position is known to a second.
    slack = 0.13 if container == "ogg" else 0.03
    assert beeps_at(pcm.samples) == pytest.approx([1, 4, 7, 10, 14], abs=slack)


@pytest.mark.parametrize(("container", "codec", "rate"), TIMED)
def test_a_late_first_timestamp_becomes_silence(container: str, codec: str, rate: int) -> None:
    late = muxed([beeps()], container=container, codec=codec, rate=rate, change=shifted(3.0))
    pcm = decode(late)
    assert pcm.duration_ms == pytest.approx(18_000, abs=60)
    assert pcm.filled_ms == pytest.approx(3000, abs=60)
    assert beeps_at(pcm.samples) == pytest.approx([4, 7, 10, 13, 17], abs=0.03)


@pytest.mark.parametrize("hole", [(2.0, 2.02), (2.0, 2.06), (2.0, 3.5), (5.0, 9.0)])
def test_holes_of_any_length_are_filled(hole: tuple[float, float]) -> None:
    pcm = decode(muxed([beeps()], change=lost_between(*hole)))
    assert pcm.filled_ms == pytest.approx(1000 * (hole[1] - hole[0]), abs=21)
    assert pcm.duration_ms == pytest.approx(15_000, abs=10)
    assert beeps_at(pcm.samples)[-1] == pytest.approx(14, abs=0.01)


@pytest.mark.parametrize("seconds", [1e6, 1e9])
@pytest.mark.parametrize("container", ["webm", "mp4"])
def test_absurd_timestamps_are_rejected_without_using_memory(
    container: str, seconds: float
) -> None:
    codec, rate = ("libopus", 48_000) if container == "webm" else ("aac", 48_000)
    absurd = muxed(
        [tone(1.0)], container=container, codec=codec, rate=rate, change=shifted(seconds)
    )
    with pytest.raises(RejectedError, match="nothing is there") as rejected:
        decode(absurd)
    assert rejected.value.reason == "too_long"


def test_inserted_silence_counts_towards_the_maximum_length() -> None:
    late = muxed([tone(1.0)], change=shifted(20.0))
    with pytest.raises(RejectedError) as rejected:
        decode(late, AudioBounds(max_seconds=15))
    assert rejected.value.reason == "too_long"


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("mp3", "libmp3lame", 44_100),
        ("adts", "aac", 44_100),
        ("wav", "pcm_s16le", 48_000),
        ("flac", "flac", 16_000),
    ],
)
def test_a_codecs_delay_is_compensated(container: str, codec: str, rate: int) -> None:
    pcm = decode(encoded(beeps(), container, codec, rate))
    assert pcm.filled_ms == 0
    assert beeps_at(pcm.samples) == pytest.approx([1, 4, 7, 10, 14], abs=0.03)


@pytest.mark.parametrize("start", [-1.0, -0.0065, 0.0, 0.025, 0.1])
def test_small_and_negative_starts_are_not_holes(start: float) -> None:
    assert set(holes(steady(start, 100))) == {0.0}


def test_a_later_start_is_a_hole() -> None:
    assert holes(steady(0.12, 100)) == [0.12, *[0.0] * 99]


def test_many_small_holes_add_up() -> None:
    found = holes([0.025 * index for index in range(400)])
    assert sum(found) == pytest.approx(399 * 0.005, abs=0.008)


def test_a_single_late_timestamp_is_not_a_hole() -> None:
    times = steady(0, 200)
    times[50] += 0.15
    assert set(holes(times)) == {0.0}


def test_rounded_timestamps_are_not_holes() -> None:
    assert set(holes([round(time + 0.0003, 3) for time in steady(0, 5000)])) == {0.0}


def test_timestamps_may_restart() -> None:
    assert set(holes([*steady(0, 200), *steady(0, 200)])) == {0.0}
    hole = [*steady(0, 200), *steady(0, 100), *steady(4.0, 100)]
    assert sum(holes(hole)) == pytest.approx(2.0)
    assert holes(hole)[300] == pytest.approx(2.0)


def test_an_overlap_is_subtracted_from_the_next_hole() -> None:
    times = [*steady(0, 100), *steady(1.9, 100), *steady(4.0, 100)]
    assert sum(holes(times)) == pytest.approx(0.0, abs=0.001)  # 100 ms too many, then too few


def test_frames_without_a_time_follow_the_previous_frame() -> None:
    assert set(holes([0.0, *[None] * 200])) == {0.0}
    assert set(holes([None] * 50)) == {0.0}


def test_without_timestamps_undecodable_frames_become_silence() -> None:
    frames = [Decoded(Frame(None)), Decoded(Frame(None), lost_s=0.026)]
    assert [hole for hole, _ in with_holes(frames, timed=False)] == [0.0, 0.026]

"""Cutting a window's tokens at its timestamps, in the cases that openai-whisper distinguishes."""

from annotate.recognizers.batched_whisper.timestamp_segments import (
    WindowSegment,
    WindowSegments,
    split_at_timestamps,
)

END, TIMES = 50, 100
LENGTH_MS = 10_000


def at(seconds: float) -> int:
    return TIMES + round(seconds / 0.02)


def segments(*tokens: int) -> WindowSegments:
    return split_at_timestamps(tokens, TIMES, END, LENGTH_MS)


def test_segments_end_at_pairs_of_timestamps() -> None:
    split = segments(at(0), 1, 2, at(3), at(4), 3, at(6))
    assert split.complete == (WindowSegment(0, 3_000, (1, 2)), WindowSegment(4_000, 6_000, (3,)))
    assert split.unfinished is None
    assert split.finished


def test_a_segment_without_an_end_is_unfinished() -> None:
    split = segments(at(0), 1, at(3), at(3), 2, 3)
    assert split.complete == (WindowSegment(0, 3_000, (1,)),)
    assert split.unfinished == WindowSegment(3_000, LENGTH_MS, (2, 3))
    assert not split.finished
    assert split.all == (*split.complete, split.unfinished)


def test_a_pair_of_timestamps_at_the_end_means_unfinished() -> None:
    split = segments(at(0), 1, at(3), at(3))
    assert split.complete == (WindowSegment(0, 3_000, (1,)),)
    assert (split.unfinished, split.finished) == (None, False)


def test_a_single_segment_without_an_end_lasts_to_the_end_of_the_window() -> None:
    split = segments(at(0.5), 1, 2)
    assert split.complete == ()
    assert split.unfinished == WindowSegment(500, LENGTH_MS, (1, 2))


def test_times_beyond_the_window_are_clipped() -> None:
    assert segments(at(2), 1, at(20)).complete == (WindowSegment(2_000, LENGTH_MS, (1,)),)


def test_special_tokens_are_removed() -> None:
    assert segments(at(0), 1, END, END + 3, at(2)).complete == (WindowSegment(0, 2_000, (1,)),)


def test_without_text_tokens_there_are_no_segments() -> None:
    assert segments().all == ()
    assert segments(at(0)).all == ()
    assert segments(at(0), at(0)).all == ()

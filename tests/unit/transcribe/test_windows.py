"""Examples of the cuts of recordings into windows. Times in milliseconds."""

from annotate.model.speech import Span
from annotate.transcribe.windows import windows


def cut(*speech: tuple[int, int], duration_ms: int = 90_000) -> list[tuple[int, int]]:
    spans = [Span(start_ms=start, end_ms=end) for start, end in speech]
    return [(window.start_ms, window.end_ms) for window in windows(spans, duration_ms)]


def test_without_speech_there_is_nothing_to_transcribe() -> None:
    assert cut() == []


def test_a_short_recording_is_one_window_with_padding() -> None:
    assert cut((1_000, 9_000), (9_500, 20_000)) == [(800, 20_200)]


def test_padding_stops_at_the_recordings_ends() -> None:
    assert cut((100, 5_000), duration_ms=5_050) == [(0, 5_050)]


def test_the_cut_is_at_the_longest_silence() -> None:
    speech = [(0, 10_000), (10_100, 17_000), (19_000, 25_000), (25_200, 40_000)]
    assert cut(*speech) == [(0, 17_200), (18_800, 40_200)]


def test_speech_without_a_pause_is_cut_into_equal_windows() -> None:
    assert cut((0, 60_000), duration_ms=60_000) == [(0, 20_000), (20_000, 40_000), (40_000, 60_000)]


def test_close_neighbours_divide_the_padding() -> None:
    found = cut((0, 29_000), (29_100, 50_000))
    assert found == [(0, 29_050), (29_050, 50_200)]


def test_a_longer_silence_is_not_used_if_it_adds_a_window() -> None:
    """A cut at the long silence would leave more than fits into one other window."""
    speech = [(0, 14_000), (16_000, 29_000), (29_200, 55_000)]
    assert cut(*speech) == [(0, 29_100), (29_100, 55_200)]

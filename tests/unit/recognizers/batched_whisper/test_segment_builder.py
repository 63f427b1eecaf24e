"""Segments of a window, and the parts of it that are decoded again."""

import pytest

from annotate.model.speech import Span
from annotate.recognizers.batched_whisper.greedy_decoding import Hypothesis
from annotate.recognizers.batched_whisper.segment_builder import (
    build_segments,
    remaining_window,
    split_skipped,
)
from annotate.recognizers.batched_whisper.timestamp_segments import WindowSegment, WindowSegments
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult
from annotate.recognizers.batched_whisper.word_alignment import AlignedWord

WINDOW = Span(start_ms=10_000, end_ms=30_000)
SPEECH = [Span(start_ms=10_200, end_ms=18_000), Span(start_ms=20_000, end_ms=29_000)]


def a_result(*segments: WindowSegment, finished: bool = False) -> DecodingResult:
    return DecodingResult(
        language="en",
        hypothesis=Hypothesis(tokens=(), logprobs=(), avg_logprob=-0.25, no_speech_prob=0.01),
        temperature=0.4,
        compression_ratio=1.5,
        retry=False,
        segments=WindowSegments(segments, None, finished),
        attention=None,
    )


@pytest.mark.parametrize(
    ("until_ms", "expected"),
    [
        (19_000, Span(start_ms=19_000, end_ms=30_000)),
        (28_800, None),  # only 0.2 s of speech remain, the end of the word
        (10_300, None),  # no progress: decoding would never end
    ],
)
def test_the_rest_of_a_window_with_speech_is_decoded_again(
    until_ms: int, expected: Span | None
) -> None:
    assert remaining_window(a_result(), until_ms, WINDOW, SPEECH) == expected


def test_a_finished_window_has_no_rest() -> None:
    assert remaining_window(a_result(finished=True), 19_000, WINDOW, SPEECH) is None


def test_words_are_assigned_to_segments_with_times_of_the_recording() -> None:
    segments = (WindowSegment(0, 900, (1, 2, 3)), WindowSegment(1_000, 2_000, (4,)))
    words = [
        AlignedWord(" two", 2, 100, 400, 0.5),
        AlignedWord(" one.", 1, 500, 800, 0.75),
        AlignedWord(" last", 1, 1_100, 25_000, 1.0),
    ]
    first, second = build_segments(a_result(*segments), words, [" two one.", " last"], WINDOW)
    assert [word.text for word in first[1]] == ["two", "one."]
    assert (first[0].start_ms, first[0].end_ms, first[0].text) == (10_100, 10_800, "two one.")
    assert (first[0].avg_logprob, first[0].temperature) == (-0.25, 0.4)
    assert (second[1][0].start_ms, second[1][0].end_ms) == (11_100, WINDOW.end_ms)


def test_a_word_over_two_segments_takes_no_words_of_a_third() -> None:
    """A quotation mark at the end of a segment is joined to the first word of the next."""
    segments = tuple(
        WindowSegment(at, at, tokens) for at, tokens in enumerate([(1, 2), (3, 4), (5,)])
    )
    words = [
        AlignedWord(" a", 1, 0, 20, 0.5),
        AlignedWord(" “b", 2, 20, 40, 0.5),
        AlignedWord(" c", 1, 40, 60, 0.5),
        AlignedWord(" d", 1, 60, 80, 0.5),
    ]
    built = build_segments(a_result(*segments), words, [" a “", "b c", " d"], WINDOW)
    assert [[word.text for word in own] for _, own in built] == [["a", "“b"], ["c"], ["d"]]


def test_a_segment_without_text_has_no_words() -> None:
    """Segments without text are left out: its blank is joined to the next segment's word."""
    segments = (WindowSegment(0, 20, (1,)), WindowSegment(20, 40, (2, 3)))
    words = [AlignedWord("  a", 2, 0, 20, 0.5), AlignedWord(" b", 1, 20, 40, 0.5)]
    built = build_segments(a_result(*segments), words, [" ", " a b"], WINDOW)
    assert [[word.text for word in own] for _, own in built] == [[], ["a", "b"]]


def test_a_segment_without_words_has_the_times_of_its_timestamps() -> None:
    segment_of_window = WindowSegment(500, 700, (1,))
    ((segment, words),) = build_segments(a_result(segment_of_window), [], [" a"], WINDOW)
    assert (segment.start_ms, segment.end_ms, words) == (10_500, 10_700, [])


def a_word(start_ms: int, end_ms: int) -> AlignedWord:
    return AlignedWord(" word", 1, start_ms, end_ms, 1.0)


def test_a_window_with_a_too_long_word_is_split() -> None:
    assert split_skipped([a_word(0, 500), a_word(500, 4_000)], WINDOW, SPEECH) == (
        Span(start_ms=10_000, end_ms=19_000),
        Span(start_ms=19_000, end_ms=30_000),
    )


def test_pauses_do_not_count_towards_the_length_of_a_word() -> None:
    assert split_skipped([a_word(7_000, 11_000)], WINDOW, SPEECH) is None
    assert split_skipped([], WINDOW, SPEECH) is None


def test_a_window_without_a_pause_is_not_split() -> None:
    assert split_skipped([a_word(0, 9_000)], Span(start_ms=10_000, end_ms=18_200), SPEECH) is None

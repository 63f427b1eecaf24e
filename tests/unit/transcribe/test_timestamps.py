"""Word times are trimmed by the silence around them, and start after the pause inside."""

import pytest

from annotate.model.speech import Span, Word
from annotate.transcribe.timestamps import after_pauses, corrected, within_speech

SPEECH = [Span(start_ms=1_000, end_ms=2_000), Span(start_ms=3_000, end_ms=4_000)]


def fitted(start_ms: int, end_ms: int) -> tuple[int, int]:
    word = Word(text="a", start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)
    (found,) = within_speech([word], SPEECH)
    return found.start_ms, found.end_ms


def test_a_word_starts_no_earlier_than_the_speech() -> None:
    assert fitted(0, 1_300) == (1_000, 1_300)
    assert fitted(2_400, 3_200) == (3_000, 3_200)


def test_a_word_ends_no_later_than_the_speech() -> None:
    assert fitted(1_700, 2_600) == (1_700, 2_000)
    assert fitted(3_900, 5_000) == (3_900, 4_000)


def test_a_word_around_a_speech_span_is_trimmed_to_it() -> None:
    assert fitted(500, 2_500) == (1_000, 2_000)


def test_a_word_across_a_pause_is_unchanged() -> None:
    assert fitted(1_900, 3_100) == (1_900, 3_100)


def test_words_outside_detected_speech_are_unchanged() -> None:
    assert fitted(100, 900) == (100, 900)
    assert fitted(2_100, 2_900) == (2_100, 2_900)
    assert fitted(4_500, 4_800) == (4_500, 4_800)
    word = Word(text="a", start_ms=1, end_ms=9, probability=1.0, segment=0)
    assert within_speech([word], []) == (word,)


def test_bounds_of_spans_belong_to_speech() -> None:
    assert fitted(1_000, 2_000) == (1_000, 2_000)
    assert fitted(2_000, 3_000) == (2_000, 3_000)
    assert fitted(2_000, 3_001) == (3_000, 3_001)


PAUSES = [Span(start_ms=1_300, end_ms=1_500), Span(start_ms=2_000, end_ms=2_100)]


def start_of(text: str, start_ms: int, end_ms: int) -> int:
    word = Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)
    (found,) = after_pauses([word], PAUSES)
    assert found.end_ms == end_ms
    return found.start_ms


def test_a_word_with_a_pause_inside_starts_after_it() -> None:
    assert start_of("red", 1_000, 1_900) == 1_500
    assert start_of("red", 1_400, 1_900) == 1_500


def test_of_several_pauses_the_last_counts() -> None:
    assert start_of("red", 1_000, 2_400) == 2_100


@pytest.mark.parametrize(("text", "end_ms", "start_ms"), [("a", 2_149, 1_500), ("a", 2_150, 2_100)])
def test_a_short_word_keeps_fifty_milliseconds(text: str, end_ms: int, start_ms: int) -> None:
    assert start_of(text, 1_000, end_ms) == start_ms


@pytest.mark.parametrize(("end_ms", "start_ms"), [(1_699, 1_000), (1_700, 1_500)])
def test_a_word_keeps_25_milliseconds_for_each_letter(end_ms: int, start_ms: int) -> None:
    assert start_of("\u201cstanding\u201d,", 1_000, end_ms) == start_ms


def test_a_word_without_a_pause_inside_is_unchanged() -> None:
    assert start_of("red", 1_500, 1_900) == 1_500
    assert start_of("red", 2_100, 2_300) == 2_100
    assert start_of("red", 300, 1_350) == 300


@pytest.mark.parametrize(
    "text", ["$1,250.00", "1,000,000", "20-year-old", "\u0661\u0662\u0665\u0660"]
)
def test_long_numbers_may_have_pauses(text: str) -> None:
    assert start_of(text, 1_000, 2_600) == 1_000


def test_all_corrections_are_made_and_times_stay_in_order() -> None:
    words = [
        Word(text=text, start_ms=start, end_ms=end, probability=1.0, segment=0)
        for text, start, end in [("a", 800, 1_200), ("red", 1_100, 1_900), ("one", 1_800, 5_000)]
    ]
    found = corrected(words, SPEECH, [Span(start_ms=1_300, end_ms=1_500)], 3_500)
    times = [(word.start_ms, word.end_ms) for word in found]
    assert times == [(1_000, 1_200), (1_500, 1_900), (1_900, 3_500)]

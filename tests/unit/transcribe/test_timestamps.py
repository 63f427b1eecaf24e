"""Word times are trimmed only by the silence around them."""

from annotate.model.speech import Span, Word
from annotate.transcribe.timestamps import within_speech

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

"""Word error rates and errors of word times, with values calculated by hand."""

import pytest

from annotate.evaluation.word_errors import score
from annotate.model.speech import Word


def words(text: str, *, shift_ms: int = 0) -> list[Word]:
    return [
        Word(
            text=word,
            start_ms=100 * index + shift_ms,
            end_ms=100 * index + 80 + shift_ms,
            probability=1.0,
            segment=0,
        )
        for index, word in enumerate(text.split())
    ]


def test_case_and_punctuation_are_ignored() -> None:
    assert score([(words("a cat sits"), words("A cat, sits."))]).wer == 0


def test_hesitations_count_as_words() -> None:
    assert score([(words("a um cat"), words("a cat"))]).wer == pytest.approx(1 / 3)


def test_substitution_deletion_insertion() -> None:
    assert score([(words("a b c d"), words("a x c d e"))]).wer == pytest.approx(2 / 4)


def test_recordings_are_weighted_by_their_words() -> None:
    pairs = [(words("a b c"), words("a b c")), (words("d"), words("x"))]
    assert score(pairs).wer == pytest.approx(1 / 4)


def test_without_recognized_words_the_error_rate_is_1() -> None:
    result = score([(words("a b"), [])])
    assert (result.wer, result.word_time_error_ms) == (1.0, None)


def test_time_errors_are_those_of_correctly_recognized_words() -> None:
    assert score([(words("a b c"), words("a x c", shift_ms=30))]).word_time_error_ms == 30

"""Scores by hand: what counts as an error, and how times are compared."""

import pytest

from annotate.evaluation.word_errors import score
from annotate.model.speech import Word


def said(text: str, *, shift_ms: int = 0) -> list[Word]:
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


def test_case_and_punctuation_are_no_errors() -> None:
    assert score([(said("a cat sits"), said("A cat, sits."))]).wer == 0


def test_hesitations_count() -> None:
    assert score([(said("a um cat"), said("a cat"))]).wer == pytest.approx(1 / 3)


def test_substitution_deletion_insertion() -> None:
    assert score([(said("a b c d"), said("a x c d e"))]).wer == pytest.approx(2 / 4)


def test_recordings_are_weighed_by_their_words() -> None:
    pairs = [(said("a b c"), said("a b c")), (said("d"), said("x"))]
    assert score(pairs).wer == pytest.approx(1 / 4)


def test_nothing_heard_is_all_wrong() -> None:
    result = score([(said("a b"), [])])
    assert (result.wer, result.word_time_error_ms) == (1.0, None)


def test_only_words_heard_right_are_timed() -> None:
    assert score([(said("a b c"), said("a x c", shift_ms=30))]).word_time_error_ms == 30

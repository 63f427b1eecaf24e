"""Sentence ends at borders of windows and elsewhere."""

import pytest

from annotate.evaluation.sentence_ends import SentenceEnds, ends_sentence, sentence_ends
from annotate.model.speech import Word


def words(*windows: str) -> list[Word]:
    """The words of each window."""
    return [
        Word(
            text=text,
            start_ms=100 * place,
            end_ms=100 * place + 90,
            probability=1.0,
            segment=window,
            window=window,
        )
        for window, words in enumerate(windows)
        for place, text in enumerate(words.split(), 1000 * window)
    ]


def compared(reference: str, *windows: str) -> tuple[SentenceEnds, SentenceEnds]:
    return sentence_ends(reference.split(), words(*windows))


def test_an_end_that_nobody_spoke_is_counted_where_it_is() -> None:
    at_borders, elsewhere = compared(
        "There is a cat on the chair. It sleeps on a blue blanket.",
        *("There is a cat.", "On the chair. It sleeps. On a blue", "blanket."),
    )
    assert at_borders == SentenceEnds(gaps=2, ends=0, written=1, unspoken=1, capitals=1)
    assert elsewhere == SentenceEnds(gaps=10, ends=1, written=2, unspoken=1, capitals=1)


def test_a_missing_end_is_counted() -> None:
    at_borders, elsewhere = compared("It is red. It is round.", "It is red", "it is round.")
    assert (at_borders.ends, at_borders.written, at_borders.missed) == (1, 0, 1)
    assert elsewhere.missed == 0


def test_a_capital_that_the_reference_has_too_is_not_counted() -> None:
    at_borders, _ = compared("so I see Anna", "So I see.", "Anna")
    assert at_borders == SentenceEnds(gaps=1, ends=0, written=1, unspoken=1, capitals=0)


def test_gaps_beside_errors_are_left_out() -> None:
    at_borders, elsewhere = compared("one two three four", "One to.", "Three four")
    assert at_borders.gaps == 0
    assert elsewhere.gaps == 1


@pytest.mark.parametrize("text", ["red.", "red?", ' red!"', "red…", "أحمر؟", "赤。", "red.”"])
def test_words_that_end_a_sentence(text: str) -> None:
    assert ends_sentence(text)


@pytest.mark.parametrize("text", ["red,", "red", "3.5", "", "-"])
def test_words_that_do_not(text: str) -> None:
    assert not ends_sentence(text)

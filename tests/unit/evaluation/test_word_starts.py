"""Errors of word starts by what precedes the word."""

import pytest

from annotate.evaluation.word_starts import contexts, hesitations, is_hesitation, start_errors
from annotate.model.speech import Word


def words(*timed: tuple[str, int, int]) -> list[Word]:
    return [
        Word(text=text, start_ms=start, end_ms=end, probability=1.0, segment=0)
        for text, start, end in timed
    ]


@pytest.mark.parametrize("text", ["um", "Uh,", "er", "Umm...", "hmm", "uhm"])
def test_hesitations_are_known_with_punctuation(text: str) -> None:
    assert is_hesitation(text)


@pytest.mark.parametrize("text", ["her", "a", "like", "umbrella", "", "..."])
def test_other_words_are_no_hesitations(text: str) -> None:
    assert not is_hesitation(text)


def test_each_word_has_the_context_of_what_precedes_it() -> None:
    true = words(
        ("so", 300, 400),
        ("a", 449, 500),
        ("red", 550, 700),
        ("chair", 950, 1_200),
        ("um", 1_200, 1_400),
        ("and", 1_449, 1_500),
        ("uh", 1_600, 1_700),
        ("two", 1_750, 1_900),
        ("um", 2_000, 2_100),
        ("$5", 2_900, 3_300),
    )
    assert contexts(true) == [
        "pause",
        "fluent",
        "short pause",
        "pause",
        None,
        "hesitation",
        None,
        "hesitation, pause",
        None,
        "number",
    ]
    assert hesitations(true) == 3
    assert contexts([]) == []


def test_only_correctly_recognized_words_count() -> None:
    true = words(("so", 0, 100), ("a", 100, 200), ("red", 200, 300), ("chair", 300, 500))
    found = words(("So", 40, 90), ("the", 90, 900), ("red", 100, 290), ("chair.", 510, 600))
    assert set(start_errors([(true, found)])) == {"fluent"}
    errors = start_errors([(true, found)])["fluent"]
    assert (errors.words, errors.median_ms, errors.bias_ms) == (3, 100, 40)
    assert errors.within_100 == pytest.approx(2 / 3)
    assert errors.within_200 == pytest.approx(2 / 3)
    assert errors.p90_ms == 210


def test_recordings_are_counted_together_and_none_gives_nothing() -> None:
    true, found = words(("so", 0, 100)), words(("so", 10, 100))
    assert start_errors([(true, found), (true, true), ([], found)])["fluent"].words == 2
    assert start_errors([]) == {}

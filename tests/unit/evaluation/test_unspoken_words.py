"""Words of captions that no recording contains."""

import polars as pl

from annotate.evaluation.unspoken_words import unspoken_words


def test_each_occurrence_of_a_word_that_nobody_said_counts() -> None:
    captions = pl.DataFrame(
        {"text": ["A red cap, a cap.", "Blue plate"], "recordings": [["r1", "r2"], ["r3"]]}
    )
    spoken = {"r1": {"red"}, "r2": {"cup"}, "r3": {"blue", "cap"}}
    assert unspoken_words(captions, spoken) == ["cap", "cap", "plate"]


def test_function_words_and_punctuation_do_not_count() -> None:
    captions = pl.DataFrame({"text": ["The cup - is there."], "recordings": [["r1"]]})
    assert unspoken_words(captions, {"r1": {"cup"}}) == []

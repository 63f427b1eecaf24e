import pytest

from annotate.check.hallucination import longest_loop, share_outside


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("a cat on a sofa", 0),
        ("a big big red cat", 2),
        ("no no no", 3),
        ("well it is it is it is fine", 6),
        ("one two three one two four", 0),
        ("one two three one two three one", 7),
        ("a b c d e f g h i j a b c d e f g h i j", 20),
        ("a b c d e f g h i j k a b c d e f g h i j k", 0),
    ],
)
def test_a_loop_is_an_immediate_repetition_of_words(text, length):
    assert longest_loop(text.split()) == length


@pytest.mark.parametrize(
    ("word", "outside"),
    [
        ((1000, 2000), 0.0),
        ((2400, 2600), 0.0),
        ((2450, 2552), 1.0),
        ((400, 600), 0.0),
        ((398, 600), 1.0),
        ((5000, 5100), 0.0),
        ((9000, 9100), 1.0),
    ],
)
def test_a_word_is_outside_when_its_middle_is_half_a_second_from_speech(word, outside):
    assert share_outside([word], [(1000, 2000), (5000, 6000)]) == outside


def test_the_fraction_counts_words():
    assert share_outside([(0, 100), (9000, 9100)], [(0, 1000)]) == 0.5
    assert share_outside([(0, 100)], []) == 1
    assert share_outside([], [(0, 1000)]) == 0

import pytest

from annotate.text.en.stems import stem


@pytest.mark.parametrize(
    "forms",
    [
        ("roof", "roofs", "roof's"),
        ("smile", "smiling", "smiled", "smiles"),
        ("berry", "berries"),
        ("stop", "stopping", "stopped"),
        ("glass", "glasses"),
        ("bush", "bushes"),
    ],
)
def test_forms_of_a_word_have_one_stem(forms):
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(
    "pair", [("cat", "car"), ("glass", "glad"), ("red", "ring"), ("bus", "bu")]
)
def test_different_words_have_different_stems(pair):
    assert stem(pair[0]) != stem(pair[1])

import pytest

from annotate.text.normalization import bare_word, normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Boat.", "boat"),
        ("“Stop!”", "STOP"),
        ("hard-working", "hardworking"),
        ("it\u2019s", "it's"),
        ("\uff13\uff15", "35"),
        ("قطة؟", "قطة"),
        ("赤い。", "赤い"),
        ("ﬁne", "fine"),
        ("-", "—"),
        ("Straße", "STRASSE"),
    ],
)
def test_case_and_punctuation_are_ignored(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3.5", "35"),
        ("1,000", "1000"),
        ("10:30", "1030"),
        ("-5", "5"),
        ("5%", "5"),
        ("$5", "5"),
        ("कि", "का"),
        ("can", "can't"),
        ("R&B", "RB"),
        ("cat", "cat\U000e0041"),
        ("cat", "c\u200bat"),
        ("C#", "C"),
    ],
)
def test_spoken_signs_are_not_ignored(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@pytest.mark.parametrize(
    ("word", "bare"),
    [('"Half-open,"', "half-open"), ("Cat,", "cat"), ("It\u2019s", "it's"), ("\u2026", "")],
)
def test_a_bare_word_is_lower_case_without_surrounding_punctuation(word, bare):
    assert bare_word(word) == bare

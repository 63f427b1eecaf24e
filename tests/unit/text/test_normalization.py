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
def test_case_and_marks_make_no_other_word(one: str, other: str) -> None:
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
def test_what_is_spoken_makes_another_word(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@pytest.mark.parametrize(
    ("word", "bare"),
    [('"Half-open,"', "half-open"), ("Cat,", "cat"), ("It\u2019s", "it's"), ("\u2026", "")],
)
def test_a_bare_word_has_no_capitals_and_no_marks_around_it(word, bare):
    assert bare_word(word) == bare

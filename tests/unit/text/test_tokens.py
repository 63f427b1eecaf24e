import pytest

from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from annotate.text.en.lexicon import EXPECTANT
from annotate.text.tokens import Cut, remove
from tests.builders import narrated


def tokens(text, **over):
    return tokenize([NarratedWord(**word) for word in narrated(text, **over)])


@pytest.mark.parametrize(
    ("recognized", "text", "key", "mark"),
    [
        ("Dog,", "Dog", "dog", ","),
        ("dog.", "dog", "dog", "."),
        ("the...", "the", "the", ","),
        ("what?!", "what", "what", "?"),
        ('"Collins."', '"Collins"', "collins", "."),
        ("it\u2019s", "it\u2019s", "it's", ""),
        ("left\u2014", "left", "left", ","),
        ("Mr.", "Mr.", "mr.", ""),
        ("U.S.,", "U.S.", "u.s.", ","),
        ("1.5", "1.5", "1.5", ""),
        ("-5", "-5", "-5", ""),
        ("50%.", "50%", "50%", "."),
        ("--", "--", "", ""),
    ],
)
def test_a_word_is_separated_from_its_punctuation(recognized, text, key, mark):
    [token] = tokens(recognized)
    assert (token.text, token.key, token.mark) == (text, key, mark)


def test_a_truncated_word_is_recognized_by_its_hyphen():
    assert [token.broken_off for token in tokens("th- the well-lit")] == [True, False, False]


def test_a_word_with_a_space_inside_becomes_two_with_one_index():
    word = NarratedWord(**{**narrated("x")[0], "text": "New York"})
    assert [(token.word, token.text) for token in tokenize([word])] == [(0, "New"), (0, "York")]


def test_a_pause_is_the_silence_before_the_next_word():
    words = narrated("a dog") + narrated("runs", start_ms=1000)
    built = tokenize([NarratedWord(**word) for word in words])
    assert [token.pause_ms for token in built] == [0, 400, 0]


@pytest.mark.parametrize(
    ("spoken", "cut", "mark"),
    [
        ("left, um, with", Cut(first=1, end=2, why="filler"), ","),
        ("with, um, stars", Cut(first=1, end=2, why="filler"), ""),
        ("left um. There", Cut(first=1, end=2, why="filler"), "."),
        ("left, right. no", Cut(first=1, end=2, why="correction", withdrawn=True), ","),
    ],
)
def test_the_word_before_a_cut_gets_the_remaining_punctuation(spoken, cut, mark):
    assert remove(tokens(spoken), cut, EXPECTANT)[0].mark == mark

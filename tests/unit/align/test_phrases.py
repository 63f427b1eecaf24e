import pytest

from annotate.align.phrases import cut_phrases
from annotate.model.speech import Word
from tests.builders import words


def phrases(text, language="en", **over):
    spoken = [Word(**word) for word in words(text, **over)]
    runs = cut_phrases(spoken, language=language, pause_ms=350)
    return [" ".join(word.text for word in spoken[run.first_word : run.end_word]) for run in runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat on a sofa", ["a cat", "a sofa"]),
        ("there is a large white helmet behind her", ["a large white helmet"]),
        ("the man is holding an old camera", ["the man", "an old camera"]),
        ("um you know there's uh nothing", []),
        (
            "in the upper right corner I can see two windows",
            ["the upper right corner", "two windows"],
        ),
        (
            "a pair of glasses and a kind of metal frame",
            ["a pair of glasses", "a kind of metal frame"],
        ),
        ("three of the towers", ["three of the towers"]),
        ("a bit lower", ["a bit lower"]),
        ("the sky is very dark", ["the sky", "very dark"]),
        ("all the small boats", ["all the small boats"]),
        ("two eyes one nose", ["two eyes", "one nose"]),
        ("a thin one on the left", ["a thin one", "the left"]),
        ("I see seven", ["seven"]),
        ("next to the stand", ["the stand"]),
        ("the cat the dog", ["the cat", "the dog"]),
        ("books shelves", ["books shelves"]),
        ("the", []),
        ("", []),
    ],
)
def test_phrases_are_noun_phrases_even_without_punctuation(text, expected):
    assert phrases(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("books, shelves", ["books,", "shelves"]),
        ("Blue sky. White clouds.", ["Blue sky.", "White clouds."]),
        ('a "sign", red letters', ['a "sign",', "red letters"]),
        ("old stones (gray walls)", ["old stones", "(gray walls)"]),
    ],
)
def test_punctuation_ends_a_phrase(text, expected):
    assert phrases(text) == expected


@pytest.mark.parametrize(("pause_ms", "count"), [(349, 1), (350, 2)])
def test_a_pause_ends_a_phrase(pause_ms, count):
    first = words("blue")
    second = words("sky", start_ms=first[0]["end_ms"] + pause_ms)
    spoken = [Word(**word) for word in first + second]
    assert len(cut_phrases(spoken, language="en", pause_ms=350)) == count


def test_other_languages_are_split_only_at_pauses_and_punctuation():
    assert phrases("ein Mann mit Hut, eine Frau", language="de") == [
        "ein Mann mit Hut,",
        "eine Frau",
    ]

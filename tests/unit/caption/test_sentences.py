import pytest

from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokens import tokenize
from annotate.model.narration import NarratedWord
from tests.builders import narrated


def sentences(*breaths, pause_ms=800, **options):
    words, start_ms = [], 0
    for breath in breaths:
        words += narrated(breath, start_ms=start_ms)
        start_ms = words[-1]["end_ms"] + pause_ms
    tokens = tokenize([NarratedWord(**word) for word in words])
    split = split_sentences(tokens, CaptionOptions(**options))
    return [" ".join(sentence.written) for sentence in split]


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("a dog. it barks", ["A dog.", "It barks."]),
        ("a dog, a cat,", ["A dog, a cat."]),
        ("what is it? a dog!", ["What is it?", "A dog!"]),
        ("i see i'm told i'll", ["I see I'm told I'll."]),
        ("there's a. small flag", ["There's a, small flag."]),
        ("Mr. Collins smiles. He waves.", ["Mr. Collins smiles.", "He waves."]),
        ('it says "Collins. he', ["It says Collins.", "He."]),
        ("iPhone on a desk", ["iPhone on a desk."]),
        ("a dog On the mat", ["A dog on the mat."]),
        ("a dog at Big Ben", ["A dog at Big Ben."]),
    ],
)
def test_only_the_surface_of_words_is_mended(heard, written):
    assert sentences(heard) == written


def test_without_punctuation_long_pauses_end_sentences():
    assert sentences("a dog", "a cat") == ["A dog.", "A cat."]


def test_a_pause_after_a_word_that_cannot_end_a_sentence_is_none():
    assert sentences("there is a", "dog") == ["There is a dog."]


def test_shorter_pauses_suffice_where_a_sentence_could_begin():
    assert sentences("a dog", "there's a cat", pause_ms=300) == ["A dog.", "There's a cat."]
    assert sentences("a dog", "with a cat", pause_ms=300) == ["A dog with a cat."]


def test_with_punctuation_pauses_mean_nothing():
    assert sentences("a dog", "with a cat.") == ["A dog with a cat."]


def test_what_runs_on_too_long_is_split_where_a_sentence_could_begin():
    text = "a red dog runs over grass there is a blue cat under trees."
    assert sentences(text, longest_sentence=10) == [
        "A red dog runs over grass.",
        "There is a blue cat under trees.",
    ]
    assert sentences(text) == [text.capitalize()]


def test_what_runs_on_without_any_break_stays_whole():
    assert len(sentences("red " * 50)) == 1

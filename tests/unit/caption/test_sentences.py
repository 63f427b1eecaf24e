import pytest

from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
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
    ("recognized", "written"),
    [
        ("a dog. it barks", ["A dog.", "It barks."]),
        ("a dog, a cat,", ["A dog, a cat."]),
        ("what is it? a dog!", ["What is it?", "A dog!"]),
        ("the letter i Is small", ["The letter i Is small."]),
        ("there's a. small flag", ["There's a small flag."]),
        ("Mr. Collins smiles. He waves.", ["Mr. Collins smiles.", "He waves."]),
        ('it says "Collins. he', ["It says Collins.", "He."]),
        ("iPhone on a desk", ["iPhone on a desk."]),
        ("a dog On the mat", ["A dog On the mat."]),
        ("a dog at Big Ben", ["A dog at Big Ben."]),
    ],
)
def test_only_capitals_and_marks_of_words_change(recognized, written):
    assert sentences(recognized) == written


def test_without_punctuation_long_pauses_end_sentences():
    assert sentences("a dog", "there is a cat") == ["A dog.", "There is a cat."]
    assert sentences("a dog", "and it barks") == ["A dog.", "And it barks."]


def test_a_pause_after_a_word_that_cannot_end_a_sentence_is_none():
    assert sentences("there is a", "dog") == ["There is a dog."]


@pytest.mark.parametrize(
    ("ahead", "then"),
    [
        ("a dog", "the cat sleeps"),
        ("a dog", "on a mat"),
        ("a dog with", "it is a cat"),
        ("a", "dog"),
        ("a dog", "and a cat"),
        ("a dog,", "there is a cat"),
    ],
)
def test_no_full_stop_is_added_beside_an_article_or_preposition_or_for_a_comma(ahead, then):
    assert sentences(ahead, then, pause_ms=3000) == [f"{ahead} {then}.".capitalize()]


def test_shorter_pauses_end_nothing():
    assert sentences("a dog", "there's a cat", pause_ms=499) == ["A dog there's a cat."]


def test_with_punctuation_pauses_mean_nothing():
    assert sentences("a dog", "with a cat.") == ["A dog with a cat."]


def test_what_runs_on_too_long_is_split_at_a_long_pause_alone():
    breaths = ("a red dog runs over grass", "there is a blue cat under trees.")
    split = ["A red dog runs over grass.", "There is a blue cat under trees."]
    whole = [" ".join(breaths).capitalize()]
    assert sentences(*breaths, longest_sentence=10) == split
    assert sentences(*breaths) == whole
    assert sentences(*breaths, longest_sentence=10, pause_ms=300) == whole
    assert sentences(" ".join(breaths), longest_sentence=10) == whole


def test_what_runs_on_without_any_break_stays_whole():
    assert len(sentences("red " * 50)) == 1

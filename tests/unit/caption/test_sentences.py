import pytest

from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from tests.builders import narrated


def sentences(*phrases, pause_ms=800, **options):
    words, start_ms = [], 0
    for phrase in phrases:
        words += narrated(phrase, start_ms=start_ms)
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
def test_only_capitals_and_punctuation_change(recognized, written):
    assert sentences(recognized) == written


def test_without_punctuation_long_pauses_end_sentences():
    assert sentences("a dog", "there is a cat") == ["A dog.", "There is a cat."]
    assert sentences("a dog", "and it barks") == ["A dog.", "And it barks."]


def test_a_pause_after_an_article_ends_no_sentence():
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
def test_no_full_stop_is_added_next_to_an_article_preposition_or_comma(ahead, then):
    assert sentences(ahead, then, pause_ms=3000) == [f"{ahead} {then}.".capitalize()]


def test_a_shorter_pause_ends_no_sentence():
    assert sentences("a dog", "there's a cat", pause_ms=499) == ["A dog there's a cat."]


def test_pauses_are_ignored_in_punctuated_text():
    assert sentences("a dog", "with a cat.") == ["A dog with a cat."]


def test_a_long_sentence_is_split_only_at_a_long_pause():
    phrases = ("a red dog runs over grass", "there is a blue cat under trees.")
    split = ["A red dog runs over grass.", "There is a blue cat under trees."]
    whole = [" ".join(phrases).capitalize()]
    assert sentences(*phrases, longest_sentence=10) == split
    assert sentences(*phrases) == whole
    assert sentences(*phrases, longest_sentence=10, pause_ms=300) == whole
    assert sentences(" ".join(phrases), longest_sentence=10) == whole


def test_a_long_sentence_without_pauses_is_not_split():
    assert len(sentences("red " * 50)) == 1

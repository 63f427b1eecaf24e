from itertools import permutations

import pytest

from annotate.caption.merge import NarrationSentences, merge
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from tests.builders import narrated

RICH = "A man holds a red kite. It has a long tail. The sky above the hills is clear."


def narration(name, text, status="pass", **over):
    words = [NarratedWord(**word) for word in narrated(text, **over)]
    sentences = split_sentences(tokenize(words), CaptionOptions())
    return NarrationSentences(recording_id=name, status=status, sentences=tuple(sentences))


def merged(*narrations, **options):
    chosen = merge(narrations, CaptionOptions(**options))
    return " ".join(word for one in chosen for word in one.sentence.written)


def test_the_narration_with_most_content_is_the_backbone():
    assert merged(narration("a", "A boat."), narration("b", RICH)) == f"{RICH} A boat."


def test_a_passed_narration_is_preferred_to_a_flagged_one_as_backbone():
    assert merged(narration("a", "A boat."), narration("b", RICH, "flag")) == f"A boat. {RICH}"


@pytest.mark.parametrize(
    "repetition",
    [
        "There is a man, he holds a red kite.",
        "The sky is clear above the hill.",
        "Okay. That's it.",
        "A guy holding a red kite.",
        "A man with a red kite, it has a long tail.",
    ],
)
def test_content_is_not_repeated(repetition):
    assert merged(narration("a", RICH), narration("b", repetition)) == RICH


@pytest.mark.parametrize(
    "new",
    [
        "A man holds a blue kite.",
        "A man holds two red kites.",
        "A man holds no red kite.",
        "A man on the left holds a red kite.",
    ],
)
def test_numbers_colours_sides_and_negations_make_a_sentence_new(new):
    assert new in merged(narration("a", RICH), narration("b", new))


def test_a_statement_is_not_covered_by_its_denial():
    caption = merged(
        narration("a", "There is no text, but hills and trees."), narration("b", "Text.")
    )
    assert caption == "There is no text, but hills and trees. Text."


def test_only_one_sentence_states_that_there_is_no_text():
    denials = ("There is no text here.", "I don't see any writing.", "No words, no sign, nothing.")
    narrations = [narration(str(at), text) for at, text in enumerate(denials)]
    assert merged(*narrations) == denials[0]


def test_an_addition_follows_the_related_sentence_and_its_references():
    assert merged(narration("a", RICH), narration("b", "The kite flies high.")) == (
        "A man holds a red kite. It has a long tail. The kite flies high. "
        "The sky above the hills is clear."
    )


def test_a_sentence_that_refers_back_stays_behind_its_referent():
    added = "The sky has birds. They fly to the hills of the man."
    assert merged(narration("a", RICH), narration("b", added)).endswith(added)


def test_similar_spellings_of_a_name_are_the_same_name():
    caption = merged(narration("a", "A tag for Kowalski here."), narration("b", "A tag: Kovalski."))
    assert caption == "A tag for Kowalski here."


def test_sentences_of_low_probability_are_omitted_from_the_backbone():
    assert merged(narration("a", "A boat.", probability=0.3)) == ""
    assert merged(narration("a", "A boat.", probability=0.3), min_probability=0.2) == "A boat."


def test_the_order_of_the_narrations_changes_nothing():
    narrations = [
        narration("a", RICH),
        narration("b", "A boat. It is red."),
        narration("c", "Two birds."),
    ]
    assert len({merged(*order) for order in permutations(narrations)}) == 1


def test_empty_narrations_give_an_empty_caption():
    assert merged() == "" == merged(narration("a", ""))

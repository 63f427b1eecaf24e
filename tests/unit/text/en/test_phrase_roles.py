import pytest

from annotate.text.en import lexicon
from annotate.text.en.phrase_roles import role_of
from annotate.text.roles import Role


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("The", Role.ARTICLE),
        ("these", Role.DETERMINER),
        ("two", Role.NUMERAL),
        ("12", Role.NUMERAL),
        ("kind", Role.MEASURE),
        ("of", Role.LINK),
        ("very", Role.ADVERB),
        ("behind", Role.FUNCTION),
        ("um,", Role.FUNCTION),
        ("helmet.", Role.CONTENT),
        ("woman's", Role.CONTENT),
    ],
)
def test_a_word_has_the_role_of_its_list(text, role):
    assert role_of(text) is role


@pytest.mark.parametrize("text", ["there's", "It's", "I\N{RIGHT SINGLE QUOTATION MARK}m", "that's"])
def test_a_contraction_of_a_closed_class_word_is_a_function_word(text):
    assert role_of(text) is Role.FUNCTION


@pytest.mark.parametrize("text", ["don't", "isn't", "...", "-", ""])
def test_negations_and_bare_punctuation_are_function_words(text):
    assert role_of(text) is Role.FUNCTION


@pytest.mark.parametrize("text", ["sit", "sits", "sitting", "placing", "looked", "makes", "stood"])
def test_inflected_verbs_are_recognized(text):
    expected = Role.CONTENT if text == "placing" else Role.VERB  # `place` is a noun here
    assert role_of(text) is expected


@pytest.mark.parametrize("text", ["building", "red", "ring", "bus", "glass", "s", "ing", "ed"])
def test_nouns_that_end_like_verbs_stay_nouns(text):
    assert role_of(text) is Role.CONTENT


def test_every_closed_class_word_of_the_lexicon_has_a_role():
    closed = lexicon.PREPOSITIONS | lexicon.CONJUNCTIONS | lexicon.AUXILIARIES | lexicon.PRONOUNS
    assert not [word for word in closed if role_of(word) is Role.CONTENT]

"""Languages are separate modules, which every stage gets from `language_for`."""

import pytest

from annotate.align.phrases import cut_phrases
from annotate.caption.disfluency import clean
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from annotate.model.speech import Word
from annotate.text import languages
from annotate.text.base import Language
from annotate.text.el import Greek
from annotate.text.en.english import English
from annotate.text.roles import Role
from annotate.text.tokens import Cut
from annotate.text.tr import Turkic
from tests.builders import narrated


def find_eh(tokens, at):
    return Cut(first=at, end=at + 1, why="filler") if tokens[at].key == "eh" else None


class Basque(Language):
    """A language for these tests only: `eh` is a filler, `eta` ends a phrase."""

    disfluencies = ((find_eh,),)

    def phrase_roles(self, words):
        return [Role.FUNCTION if word == "eta" else Role.CONTENT for word in words]

    def is_unfinished(self, token):
        return token.key == "eta"

    def capital(self, letter):
        return letter

    @property
    def comma(self):
        return ";"


@pytest.fixture
def basque(monkeypatch):
    monkeypatch.setitem(languages._KNOWN, "eu", Basque)
    languages.language_for.cache_clear()
    yield "eu"
    languages.language_for.cache_clear()


def spoken(text):
    return [NarratedWord(**word) for word in narrated(text)]


def test_the_rules_of_a_new_language_apply_in_every_stage(basque):
    words = spoken("etxea eh gorria, eta. mendia")
    cleaned = clean(words, basque)
    assert [(one.first_word, one.end_word, one.why) for one in cleaned.removals] == [
        (1, 2, "filler")
    ]
    sentences = split_sentences(cleaned.tokens, CaptionOptions(), basque)
    assert [one.text for one in sentences] == ["etxea gorria, eta mendia."]
    plain = [
        Word(text=one.text, start_ms=one.start_ms, end_ms=one.end_ms, probability=1.0, segment=0)
        for one in spoken("etxea eta mendia")
    ]
    runs = cut_phrases(plain, language=basque, pause_ms=10_000)
    assert [(run.first_word, run.end_word) for run in runs] == [(0, 1), (2, 3)]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("en", English),
        ("en-US", English),
        ("EN_gb", English),
        ("el-GR", Greek),
        ("az", Turkic),
        ("de", Language),
        ("no language", Language),
    ],
)
def test_an_unknown_language_has_no_rules(tag, kind):
    assert type(languages.language_for(tag)) is kind


def test_a_semicolon_is_a_question_mark_only_in_greek():
    marks = {tag: tokenize(spoken("a; b"), tag)[0].mark for tag in ("el", "en")}
    assert marks == {"el": "?", "en": ";"}


@pytest.mark.parametrize(
    ("tag", "text"), [("tr", "\u0130ki."), ("az", "\u0130ki."), ("de", "Iki.")]
)
def test_the_first_letter_of_a_sentence_is_capitalized_by_language(tag, text):
    sentences = split_sentences(tokenize(spoken("iki"), tag), CaptionOptions(), tag)
    assert sentences[0].text == text

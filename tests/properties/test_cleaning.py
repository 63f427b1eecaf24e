"""Properties of cleaning: a clean text is unchanged, and no word's letters are changed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.caption.compose import Narration, compose
from annotate.caption.disfluency import clean
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from annotate.text.punctuation import QUOTES
from tests.builders import img, narrated, rec

PLAIN = """
cat dog lamp table window street Will Smith May Bora NASA iPhone McDonald's red seven 3.5 50% $5
hard-working man's under behind stands holds wears looks like with on at from tall bright garden
bridge tower U.S. Dr. 9:30 Can Mark big-ben can-can tutu caf\u00e9 Zo\u00eb
"""
PLAIN_WORDS = PLAIN.split()
MARKS = ["", "", "", "", ",", ";", ":"]
PAIRS = [('"', '"'), ("\u201c", "\u201d"), ("\u00ab", "\u00bb")]
ENDS = [".", "!", "?"]
JUNK = "um uh the the I mean no sorry like you know well so mm ER Oh Um - '"
LANGUAGES = st.sampled_from(["en", "en-US", "de", "fr", "tr", "el", "ka", "ja", "th", "ar", "hi"])
rules = settings(max_examples=60, deadline=None)


@st.composite
def clean_texts(draw):
    """Sentences of different words, with punctuation and quotations, as people write them."""
    words = draw(st.lists(st.sampled_from(PLAIN_WORDS), min_size=3, max_size=30, unique=True))
    text, start = [], True
    for at, word in enumerate(words):
        last = at + 1 == len(words)
        if draw(st.integers(0, 9)) == 0:
            opening, closing = draw(st.sampled_from(PAIRS))
            text.append(f"{opening}{word}{closing}")
        else:
            text.append(word[0].upper() + word[1:] if start and word.islower() else word)
        start = last or (not word.endswith(".") and draw(st.integers(0, 5)) == 0)
        if not word.endswith("."):
            text[-1] += draw(st.sampled_from(ENDS if start else MARKS))
    return [(word, draw(st.sampled_from([0, 0, 0, 200, 499]))) for word in text]


def timed(drawn):
    spoken, now_ms = [], 0
    for text, pause_ms in drawn:
        spoken += narrated(text, start_ms=now_ms)
        now_ms += 300 + pause_ms
    return tuple(NarratedWord(**word) for word in spoken)


def written(words, language="en"):
    tokens = clean(words, language).tokens
    sentences = split_sentences(tokens, CaptionOptions(), language)
    return "".join(one.lead + one.text for one in sentences).strip()


ANY_WORD = st.one_of(
    st.sampled_from(PLAIN_WORDS),
    st.sampled_from(JUNK.split()),
    st.text(
        "aBz\u0130\u00df\u10d0\u3042'\"-.,?!\u3002\u061f\u00bf\u201c\u201d5", min_size=1, max_size=6
    ),
)
NARRATIONS = st.lists(
    st.tuples(ANY_WORD, st.sampled_from([0, 0, 200, 800]), st.booleans(), st.booleans()),
    max_size=40,
)


def any_narration(drawn):
    words, now_ms, window = [], 0, 0
    for text, pause_ms, cut, blank in drawn:
        window += cut
        (one,) = narrated(text, start_ms=now_ms) or [None]
        words.append(NarratedWord(**{**one, "window": window, "space_before": blank}))
        now_ms += 300 + pause_ms
    return tuple(words)


def core(text):
    """The letters of a word, with their case."""
    return "".join(char for char in text if char.isalnum())


@rules
@given(clean_texts())
def test_a_clean_text_is_unchanged(drawn):
    assert written(timed(drawn)) == " ".join(word for word, _ in drawn)


@rules
@given(clean_texts())
def test_a_caption_of_one_clean_narration_has_its_words_in_order(drawn):
    narration = Narration(recording_id=rec(), status="pass", language="en", words=timed(drawn))
    caption = compose(img(), [narration])
    spoken_text = iter(word for word, _ in drawn)
    spans = [caption.text[one.start_char : one.end_char] for one in caption.lineage]
    assert all(word in spoken_text for word in spans)


@rules
@given(NARRATIONS, LANGUAGES)
def test_no_word_changes_except_for_capitals_at_sentence_starts(drawn, language):
    words = any_narration(drawn)
    tokens = clean(words, language).tokens
    for sentence in split_sentences(tokens, CaptionOptions(), language):
        for at, (token, text) in enumerate(zip(sentence.tokens, sentence.written, strict=True)):
            if core(text) == core(token.text):
                continue
            same = core(text)[1:] == core(token.text)[1:]
            capitalized = at == 0 and core(text)[0].isupper()
            lowercased = at > 0 and token.began and core(text)[0].islower()
            assert same, (token, text)
            assert capitalized or lowercased, (token, text)


@rules
@given(NARRATIONS, LANGUAGES)
def test_every_word_was_spoken_and_its_lineage_points_to_it(drawn, language):
    words = any_narration(drawn)
    narration = Narration(recording_id=rec(), status="pass", language=language, words=words)
    caption = compose(img(), [narration])
    end_before = 0
    for entry in caption.lineage:
        text = caption.text[entry.start_char : entry.end_char]
        assert core(text).casefold() == core(words[entry.word].text).casefold()
        assert text
        assert not any(map(str.isspace, text))
        assert caption.text[end_before : entry.start_char].strip() == ""
        end_before = entry.end_char
    assert end_before == len(caption.text)


@rules
@given(NARRATIONS, LANGUAGES)
def test_quoted_words_are_never_removed(drawn, language):
    words = any_narration(drawn)
    protected = [token.word for token in tokenize(words, language) if token.protected]
    remaining = {token.word for token in clean(words, language).tokens}
    assert remaining.issuperset(protected)


@given(st.sampled_from(PLAIN_WORDS), st.sampled_from(PAIRS), st.integers(2, 4))
def test_a_quotation_of_a_repeated_word_is_unchanged(word, pair, times):
    spoken_text = " ".join([word] * times)
    line = f"The sign has {pair[0]}{spoken_text}{pair[1]} on it."
    assert written(timed([(one, 0) for one in line.split()])) == line
    assert QUOTES.count(pair[0]) == 1

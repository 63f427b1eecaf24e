"""Properties of the captions composed from any narrations."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.caption.compose import Narration, compose
from annotate.caption.disfluency import clean, clean_tokens
from annotate.caption.options import CaptionOptions
from annotate.caption.sentences import split_sentences
from annotate.caption.tokenizing import tokenize
from annotate.model.narration import NarratedWord
from annotate.text.en.lexicon import words
from tests.builders import img, narrated, rec

VOCABULARY = sorted(
    words(
        "a the dog cat house left right red blue two three is are it it's they on in with and so "
        "um uh you know I mean no sorry wait okay well like let me see scratch that or rather "
        "there's very th- - [music] Collins don't picture text"
    )
)
EDGES = ["", "", "", "", ",", ".", "?", "...", '"']

spoken_word = st.builds(str.__add__, st.sampled_from(VOCABULARY), st.sampled_from(EDGES))
any_word = st.text(string.ascii_letters + ".,-'\u2019\u00e9", min_size=1, max_size=6)
speech = st.lists(st.one_of(spoken_word, spoken_word, any_word), max_size=40)
pauses = st.sampled_from([0, 0, 200, 700])
narration_words = st.lists(
    st.tuples(st.one_of(spoken_word, any_word), pauses, st.sampled_from([0.1, 0.9, 1.0])),
    max_size=40,
)
rules = settings(max_examples=80, deadline=None)


def timed(drawn):
    spoken, now_ms = [], 0
    for text, pause_ms, probability in drawn:
        spoken += narrated(text, start_ms=now_ms, probability=probability)
        now_ms += 300 + pause_ms
    return tuple(NarratedWord(**word) for word in spoken)


def narrations(drawn):
    return [
        Narration(recording_id=rec(str(at)), status="pass", language="en", words=timed(one))
        for at, one in enumerate(drawn)
    ]


def bare(text):
    return "".join(char for char in text.casefold() if char.isalnum())


def written(tokens):
    return [word for one in split_sentences(tokens, CaptionOptions()) for word in one.written]


@rules
@given(st.lists(narration_words, max_size=3))
def test_every_word_is_the_word_that_its_lineage_points_at(drawn):
    spoken_text = {one.recording_id: one.words for one in narrations(drawn)}
    caption = compose(img(), narrations(drawn))
    for entry in caption.lineage:
        source = spoken_text[entry.recording_id][entry.word]
        assert bare(caption.text[entry.start_char : entry.end_char]) == bare(source.text)
        assert (entry.start_ms, entry.end_ms) == (source.start_ms, source.end_ms)


@rules
@given(st.lists(narration_words, max_size=3))
def test_the_spans_tile_the_text(drawn):
    caption = compose(img(), narrations(drawn))
    spans = [caption.text[entry.start_char : entry.end_char] for entry in caption.lineage]
    assert spans == caption.text.split()
    assert " ".join(spans) == caption.text


@rules
@given(st.lists(narration_words, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_the_narrations_changes_nothing(drawn, rng):
    ordered = narrations(drawn)
    shuffled = list(ordered)
    rng.shuffle(shuffled)
    assert compose(img(), shuffled) == compose(img(), ordered)


@rules
@given(narration_words)
def test_no_word_of_a_narration_is_used_twice_or_out_of_order(drawn):
    words_used = [entry.word for entry in compose(img(), narrations([drawn])).lineage]
    assert words_used == sorted(set(words_used))


@rules
@given(speech)
def test_a_caption_of_one_narration_has_its_cleaned_words_in_order(recognized):
    drawn = [(word, 0, 1.0) for word in [*recognized, "kite"]]
    caption = compose(img(), narrations([drawn]))
    cleaned_text = written(clean(timed(drawn)).tokens)
    remaining = iter(cleaned_text)
    assert all(word in remaining for word in caption.text.split())
    assert "kite" in caption.text.casefold()


@rules
@given(narration_words)
def test_cleaning_returns_each_word_once_as_a_token_or_a_removal(drawn):
    recognized = timed(drawn)
    cleaned = clean(recognized)
    removed = [at for one in cleaned.removals for at in range(one.first_word, one.end_word)]
    assert sorted([*removed, *(token.word for token in cleaned.tokens)]) == list(
        range(len(recognized))
    )


@rules
@given(narration_words)
def test_sentences_contain_every_token_once_in_order(drawn):
    tokens = tokenize(timed(drawn))
    split = split_sentences(tokens, CaptionOptions(longest_sentence=6))
    assert [one.text for sentence in split for one in sentence.tokens] == [
        token.text for token in tokens
    ]


@rules
@given(narration_words)
def test_cleaning_a_second_time_changes_nothing(drawn):
    first = clean(timed(drawn))
    second = clean_tokens(first.tokens)
    assert (second.tokens, second.removals) == (first.tokens, ())

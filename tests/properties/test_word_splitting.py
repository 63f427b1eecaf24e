"""Words from openai-whisper's tokens join to the same text: nothing is lost, no words merge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.timing import WordTiming, merge_punctuations
from whisper.tokenizer import LANGUAGES, get_tokenizer

from annotate.model.language import is_spaced
from annotate.model.speech import Span, text_of
from annotate.recognizers import whisper_result
from annotate.recognizers.batched_whisper import word_alignment
from annotate.recognizers.batched_whisper.word_alignment import APPENDED, PREPENDED, AttentionScores
from annotate.recognizers.word_pieces import Fragment, words_of

TEXTS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "texts.tsv").read_text("utf-8").splitlines()
]
CHARACTERS = sorted({char for _, text in TEXTS for char in text} | set("\u00a0\u3000\n\u0301"))
ANY = st.lists(
    st.one_of(
        st.sampled_from(CHARACTERS),
        st.sampled_from(CHARACTERS),
        st.just(" "),
        st.characters(codec="utf-8", exclude_characters="\ufffd"),
    ),
    max_size=30,
)
CODES = st.sampled_from(["en", "fr", "de", "ar", "hi", "km", "ja", "zh", "yue", "th", "lo", "my"])


def tokenizer_of(language):
    return get_tokenizer(True, num_languages=99 if language != "yue" else 100, language=language)


def plain(text):
    """The text with single blanks in place of runs of white space."""
    return " ".join(text.split())


def batched_words(text, language):
    """Words from the batched engine, with attention scores that align every token."""
    tokenizer = tokenizer_of(language)
    tokens = tuple(tokenizer.encode(text))
    if not tokens:
        return []
    scores = np.kron(np.eye(len(tokens) + 1), np.ones((1, 3)))
    spoken = word_alignment.words(AttentionScores(tokens, scores), [-0.1] * len(tokens), tokenizer)
    fragments = [
        Fragment(
            text=one.text, start_ms=one.start_ms, end_ms=one.end_ms, probability=one.probability
        )
        for one in spoken
    ]
    return words_of(fragments, language, segment=0)


def stock_words(text, language):
    """Words from openai-whisper and faster-whisper, which split and merge in the same way."""
    tokenizer = tokenizer_of(language)
    texts, parts = tokenizer.split_to_word_tokens([*tokenizer.encode(text), tokenizer.eot])
    alignment = [
        WordTiming(word, part, at, at + 1, 0.9)
        for at, (word, part) in enumerate(zip(texts[:-1], parts[:-1], strict=True))
    ]
    merge_punctuations(alignment, PREPENDED, APPENDED)
    timed_words = [
        {"word": one.word, "start": one.start, "end": one.end, "probability": 0.9}
        for one in alignment
        if one.word
    ]
    doubts = {"avg_logprob": 0, "no_speech_prob": 0, "compression_ratio": 1, "temperature": 0}
    segment = {"start": 0, "end": len(timed_words), "text": text, "words": timed_words, **doubts}
    collected = whisper_result.Collected()
    collected.add([segment], Span(start_ms=0, end_ms=10_000_000), language)
    return collected.words


ENGINES = pytest.mark.parametrize("engine", [batched_words, stock_words])


@ENGINES
@pytest.mark.parametrize(("language", "text"), TEXTS)
@pytest.mark.parametrize("lead", ["", " "])
def test_words_of_any_language_join_to_the_text(engine, language, text, lead):
    words = engine(lead + text, language)
    assert text_of(words) == plain(text)
    assert all(word.text == word.text.strip() != "" and " " not in word.text for word in words)


@ENGINES
@settings(max_examples=150, deadline=None)
@given(drawn=ANY, language=CODES)
def test_words_of_any_characters_join_to_the_text(engine, drawn, language):
    text = "".join(drawn)
    words = engine(text, language)
    assert text_of(words) == plain(text)
    assert all(word.text and not any(map(str.isspace, word.text)) for word in words)
    if is_spaced(language):
        assert [word.text for word in words] == text.split()
    times = [ms for word in words for ms in (word.start_ms, word.end_ms)]
    assert times == sorted(times)


@ENGINES
def test_in_a_spaced_language_words_are_split_only_at_spaces(engine):
    text = "hard-working ill-disposed 50% $5 3.5 U.S. and/or don't \u201cUh Oh\u201d - yes"
    assert [word.text for word in engine(text, "en")] == text.split()


@ENGINES
def test_a_word_of_two_fragments_has_the_span_of_both(engine):
    hard, man = engine(" hard-working man", "en")
    assert (hard.text, hard.start_ms) == ("hard-working", 0)
    assert hard.end_ms == man.start_ms > man.end_ms - man.start_ms


@ENGINES
def test_a_language_without_spaces_has_many_short_words(engine):
    words = engine("かべはひろいです。", "ja")
    assert len(words) >= 4
    assert words[-1].text.endswith("。")
    assert not any(word.space_before for word in words)


def test_a_text_that_ends_within_a_character_has_the_words_before_it():
    tokenizer = tokenizer_of("ja")
    tokens = (*tokenizer.encode("いぬ"), *tokenizer.encode("壁")[:1])
    scores = np.eye(len(tokens) + 1)
    spoken = word_alignment.words(AttentionScores(tokens, scores), [-0.1] * len(tokens), tokenizer)
    assert "".join(one.text for one in spoken).startswith("いぬ")


def test_the_language_decides_where_words_are_split():
    text = "かべはひろいです"
    assert len(batched_words(text, "ja")) > len(batched_words(text, "en")) == 1


def test_languages_without_spaces_are_those_of_openai_whispers_tokenizer():
    text = "ab"
    for language in LANGUAGES:
        tokenizer = tokenizer_of(language)
        tokens = [tokenizer.encode(letter)[0] for letter in text]
        assert (len(tokenizer.split_to_word_tokens(tokens)[0]) == 1) == is_spaced(language)

"""Words and segments of texts in many languages, from tokens of openai-whisper's tokenizer.

The tokens are cut into segments anywhere, within words and within characters, as a decoder with
timestamps may cut them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.model import Whisper
from whisper.tokenizer import LANGUAGES, get_tokenizer

from annotate.model.language import UNSPACED, is_spaced
from annotate.model.speech import Segment, Span, Word, text_of
from annotate.recognizers.batched_whisper.greedy_decoding import Hypothesis
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.batched_whisper.segment_builder import build_segments
from annotate.recognizers.batched_whisper.timestamp_segments import WindowSegment, WindowSegments
from annotate.recognizers.batched_whisper.window_decoder import DecodingResult, WindowDecoder
from annotate.recognizers.batched_whisper.word_alignment import AttentionScores
from annotate.recognizers.options import DecodingOptions
from tests.whispers import random_weights

TEXTS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "texts.tsv").read_text("utf-8").splitlines()
]
WINDOW = Span(start_ms=7_000, end_ms=37_000)
FRAMES = 1_500
EMOJI = ("😀", "👩🏽‍🚀", "🇯🇵🇺🇦", "❤️‍🔥", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿")
SIGNS = (*"-'$%。、「」।", " ", " ", ", ", " “", "” ", "؟ ", "\ufffd")

JOINING = "\u1039\u200d"
"""Between Burmese consonants that are written above each other, and between parts of an emoji; at
the end of a text the package `regex` finds nothing that they join."""


@cache
def tokenizer_of(language: str) -> Any:
    return get_tokenizer(True, num_languages=100, language=language)


@cache
def decoder() -> WindowDecoder:
    """Used for its tokenizers only, of all languages: its network has no trained weights."""
    dims = replace(random_weights().dims, n_vocab=51_866)
    return WindowDecoder(Network(Whisper(dims).eval()), DecodingOptions())


@st.composite
def texts(draw: st.DrawFn, languages: Sequence[str] = ()) -> tuple[str, str]:
    """A language and a text: parts of texts in it, with signs, emoji and other scripts between."""
    own = [(code, text) for code, text in TEXTS if code in (languages or LANGUAGES)]
    language, _ = draw(st.sampled_from(own))
    words = [word for code, text in own if code == language for word in text.split()]
    others = [word for _, text in own for word in text.split()]
    word = st.sampled_from(words)
    part = word.flatmap(lambda one: st.slices(len(one)).map(lambda cut: one[cut]))
    pieces = st.one_of(
        word, word, part, st.sampled_from(SIGNS), st.sampled_from(EMOJI), st.sampled_from(others)
    )
    return language, "".join(draw(st.lists(pieces, min_size=1, max_size=14)))


def plain(text: str) -> str:
    """The text with single blanks in place of runs of white space."""
    return " ".join(text.split())


def solid(text: str) -> str:
    return "".join(text.split())


def built(
    language: str, tokens: Sequence[int], cuts: Sequence[int], seed: int = 0
) -> list[tuple[Segment, list[Word]]]:
    """The segments of a window with these tokens, cut at these indices, at random times."""
    edges = sorted({0, len(tokens), *cuts})
    groups = [tuple(tokens[first:last]) for first, last in pairwise(edges)]
    segments = tuple(WindowSegment(0, 30_000, group) for group in groups)
    scores = np.random.default_rng(seed).standard_normal((len(tokens) + 1, FRAMES))
    result = DecodingResult(
        language=language,
        hypothesis=Hypothesis(
            tokens=tuple(tokens),
            logprobs=(-0.1,) * len(tokens),
            avg_logprob=-0.1,
            no_speech_prob=0.0,
        ),
        temperature=0.0,
        compression_ratio=1.0,
        retry=False,
        segments=WindowSegments(segments, None, finished=True),
        attention=AttentionScores(tuple(tokens), scores) if tokens else None,
    )
    spoken = decoder().words(result)
    assert sum(word.tokens for word in spoken) == len(tokens)
    return build_segments(result, spoken, [decoder().text_of(group) for group in groups], WINDOW)


def joined(segments: Sequence[tuple[Segment, list[Word]]]) -> list[Word]:
    return [word for segment, words in segments if segment.text for word in words]


@pytest.mark.parametrize(("language", "text"), TEXTS)
def test_a_segment_has_the_text_of_its_tokens(language: str, text: str) -> None:
    ((segment, words),) = built(language, tokenizer_of(language).encode(f" {text}"), ())
    assert text_of(words) == segment.text == plain(text)


@settings(max_examples=150, deadline=None)
@given(texts(), st.lists(st.integers(0, 400), max_size=4), st.integers(0, 99))
def test_segments_cut_anywhere_have_every_character_once_and_in_order(
    drawn: tuple[str, str], cuts: list[int], seed: int
) -> None:
    language, text = drawn
    tokens = tokenizer_of(language).encode(text)
    segments = built(language, tokens, [cut % (len(tokens) + 1) for cut in cuts], seed)
    words = joined(segments)
    assert solid(text_of(words)) == solid(text)
    assert all(word.text and word.text == solid(word.text) for word in words)
    times = [ms for word in words for ms in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert not times or WINDOW.start_ms <= times[0] <= times[-1] <= WINDOW.end_ms
    assert all(0 < word.probability <= 1 for word in words)
    for segment, own in segments:
        assert not own or (segment.start_ms, segment.end_ms) == (own[0].start_ms, own[-1].end_ms)


@settings(max_examples=100, deadline=None)
@given(texts(), st.integers(0, 99))
def test_segments_cut_at_blanks_join_to_the_text(drawn: tuple[str, str], seed: int) -> None:
    language, text = drawn
    tokenizer = tokenizer_of(language)
    tokens = tokenizer.encode(text)
    starts = [at for at, one in enumerate(tokens) if tokenizer.decode([one]).startswith(" ")]
    words = joined(built(language, tokens, starts[seed % 3 :: 3], seed))
    assert text_of(words) == plain(text)
    if is_spaced(language):
        assert [word.text for word in words] == text.split()


@settings(max_examples=150, deadline=None)
@given(texts(), st.data())
def test_text_after_a_damaged_character_is_not_lost(
    drawn: tuple[str, str], data: st.DataObject
) -> None:
    """Also where tokens within and at the end of a text are missing."""
    language, text = drawn
    tokens = tokenizer_of(language).encode(text)
    missing = data.draw(st.sets(st.integers(0, max(0, len(tokens) - 1)), max_size=3))
    kept = [token for at, token in enumerate(tokens) if at not in missing]
    if kept:
        words = joined(built(language, kept, ()))
        assert text_of(words) == plain(tokenizer_of(language).decode(kept))


def is_letter_or_sign(char: str) -> bool:
    """Not punctuation, which is joined to words, and no blank."""
    return unicodedata.category(char)[0] not in "PZ"


@settings(max_examples=150, deadline=None)
@given(texts(sorted(UNSPACED)))
def test_without_blanks_words_are_the_tokenizers_groups_of_whole_characters(
    drawn: tuple[str, str],
) -> None:
    """The split of openai-whisper's tokenizer, but never within what a reader sees as one
    character: a grapheme cluster, as the package `regex` finds it, or a letter and its marks."""
    language, text = drawn
    text = "".join(filter(is_letter_or_sign, text))
    tokenizer = tokenizer_of(language)
    tokens = tokenizer.encode(text)
    words = joined(built(language, tokens, ()))
    groups, _ = tokenizer.split_tokens_on_unicode(tokens)
    characters = set(accumulate(map(len, regex.findall(r"\X", text))))
    expected = characters & set(accumulate(map(len, groups)))
    expected -= {at for at, char in enumerate(text) if unicodedata.category(char)[0] == "M"}
    expected -= {at for at, char in enumerate(text, 1) if char in JOINING and at < len(text)}
    assert set(accumulate(len(word.text) for word in words)) == expected


@settings(max_examples=60, deadline=None)
@given(texts(), st.sampled_from(sorted(LANGUAGES)))
def test_the_recordings_language_selects_the_split(drawn: tuple[str, str], language: str) -> None:
    """Whatever language the text is in."""
    _, text = drawn
    tokens = tokenizer_of("en").encode(text)
    words = joined(built(language, tokens, ()))
    assert text_of(words) == plain(text)
    if is_spaced(language):
        assert [word.text for word in words] == text.split()
    else:
        assert words == joined(built("ja", tokens, ()))

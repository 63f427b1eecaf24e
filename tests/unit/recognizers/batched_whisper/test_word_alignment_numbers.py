"""Numbers, currency and compounds with digits have times, from tokens to words."""

from itertools import pairwise

import numpy as np
import pytest
from whisper.tokenizer import get_tokenizer

from annotate.model.speech import Span, Word, text_of
from annotate.recognizers.batched_whisper import word_alignment
from annotate.recognizers.batched_whisper.segment_builder import _fragment
from annotate.recognizers.batched_whisper.word_alignment import AttentionScores
from annotate.recognizers.word_pieces import words_of
from annotate.transcribe.timestamps import corrected

FRAMES_PER_TOKEN = 6
FRAME_MS = 20
WINDOW = Span(start_ms=5_000, end_ms=35_000)
NUMBERS = (
    "$1,250.00",
    "25%",
    "3.5",
    "20-year-old",
    "1,000,000",
    "€12",
    "12,345,678.90",
    "1998",
    "10:45",
    "#4711",
    "1/2",
    "-5",
    "£3.99",
    "2nd",
    "5'10\"",
    "555-0199",
)


def diagonal(tokens: int) -> np.ndarray:
    """Attention of each token on its own frames, and of the end of text on the last ones."""
    scores = np.full((tokens + 1, (tokens + 1) * FRAMES_PER_TOKEN), -1.0)
    for token in range(tokens + 1):
        scores[token, token * FRAMES_PER_TOKEN : (token + 1) * FRAMES_PER_TOKEN] = 1.0
    return scores


def words_in(text: str, language: str = "en") -> list[Word]:
    tokenizer = get_tokenizer(True, language=language, task="transcribe")
    tokens = tuple(tokenizer.encode(text))
    attention = AttentionScores(tokens, diagonal(len(tokens)))
    aligned = word_alignment.words(attention, [-0.1] * len(tokens), tokenizer)
    assert sum(word.tokens for word in aligned) == len(tokens)
    return words_of([_fragment(word, WINDOW) for word in aligned], language, segment=0)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_one_word_with_the_time_of_its_tokens(number: str) -> None:
    found = words_in(f" It says {number} here.")
    assert [word.text for word in found] == ["It", "says", number, "here."]
    it, says, word, here = found
    assert WINDOW.start_ms <= it.start_ms
    assert all(one.end_ms > one.start_ms for one in found)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))
    tokens = len(get_tokenizer(True).encode(f" {number}"))
    assert abs(word.start_ms - says.end_ms) <= FRAME_MS
    # A mark at either end has no time of its own, so up to one token at each side is left out.
    assert tokens - 2 <= (word.end_ms - word.start_ms) / FRAME_MS / FRAMES_PER_TOKEN <= tokens
    assert here.end_ms <= WINDOW.end_ms


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_beside_each_other_stay_apart(number: str) -> None:
    found = words_in(f" {number} {number}, {number}.")
    assert [word.text for word in found] == [number, f"{number},", f"{number}."]
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))
    assert all(word.end_ms > word.start_ms for word in found)


def test_a_text_of_numbers_loses_nothing() -> None:
    text = " ".join(NUMBERS)
    assert text_of(words_in(f" {text}")) == text


def test_numbers_in_an_unspaced_language_are_timed() -> None:
    found = words_in("2,500円と50%です。", "ja")
    assert text_of(found) == "2,500円と50%です。"
    assert all(word.end_ms > word.start_ms for word in found)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(found))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_pause_within_a_number_leaves_its_time(number: str) -> None:
    found = words_in(f" It says {number} here.")
    word = found[2]
    middle_ms = (word.start_ms + word.end_ms) // 2
    pause = Span(start_ms=middle_ms - 10, end_ms=middle_ms)
    kept = corrected(found, [WINDOW], [pause], WINDOW.end_ms)
    assert list(kept) == found

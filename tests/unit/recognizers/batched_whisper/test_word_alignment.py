"""Median filter and dynamic time warping, compared with openai-whisper's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.timing import dtw_cpu, median_filter
from whisper.tokenizer import get_tokenizer

from annotate.recognizers.batched_whisper import word_alignment


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 40))
def test_the_median_filter_equals_that_of_openai_whisper(seed: int, frames: int) -> None:
    weights = torch.randn(2, 3, frames, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(word_alignment._smoothed(weights), median_filter(weights, 7))


def test_the_dtw_path_equals_that_of_openai_whisper() -> None:
    scores = np.random.default_rng(3).standard_normal((12, 60))
    assert np.array_equal(word_alignment._dtw()(scores), dtw_cpu(scores))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", [" a", " cat\ufffd", " sat"]), ("ja", [" a", " cat", "\ufffd", " sat"])],
)
def test_text_after_a_character_with_a_missing_token_has_words(
    language: str, expected: list[str]
) -> None:
    tokenizer = get_tokenizer(True, language=language)
    incomplete = tokenizer.encode("鯰")[:2]  # of three
    tokens = (*tokenizer.encode(" a cat"), *incomplete, *tokenizer.encode(" sat"))
    attention = word_alignment.AttentionScores(tokens, np.eye(len(tokens) + 1))
    found = word_alignment.words(attention, [-0.1] * len(tokens), tokenizer)
    assert [word.text for word in found] == expected
    assert sum(word.tokens for word in found) == len(tokens)

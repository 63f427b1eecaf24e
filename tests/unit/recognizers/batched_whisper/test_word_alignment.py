"""Median filter and dynamic time warping, compared with openai-whisper's."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.timing import dtw_cpu, median_filter

from annotate.recognizers.batched_whisper import word_alignment


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 40))
def test_the_median_filter_equals_that_of_openai_whisper(seed: int, frames: int) -> None:
    weights = torch.randn(2, 3, frames, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(word_alignment._smoothed(weights), median_filter(weights, 7))


def test_the_dtw_path_equals_that_of_openai_whisper() -> None:
    scores = np.random.default_rng(3).standard_normal((12, 60))
    assert np.array_equal(word_alignment._dtw()(scores), dtw_cpu(scores))

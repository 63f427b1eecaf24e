"""Packing speech into windows, for utterances of any lengths."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.recognizers.packing import PackedWindow, Utterance, pack

WINDOW, GAP = 480, 8
"""In samples, a thousandth of the rules' lengths, so that examples stay small."""


def utterance(number: int, length: int) -> Utterance:
    """Samples that tell the utterance, and the place in it, apart from all others."""
    samples = (1 + number * 1000 + np.arange(length)).astype(np.float32)
    return Utterance(recording=f"r{number}", start_ms=0, samples=samples)


LENGTHS = st.lists(st.integers(1, WINDOW), max_size=30)


def packed_from(lengths: list[int]) -> list[PackedWindow]:
    return pack([utterance(*one) for one in enumerate(lengths)], WINDOW, GAP)


@given(LENGTHS)
def test_nothing_is_lost_and_the_order_is_kept(lengths: list[int]) -> None:
    windows = packed_from(lengths)
    names = [part.recording for window in windows for part in window.parts]
    assert names == [f"r{number}" for number in range(len(lengths))]
    speech = [window.samples[window.samples > 0] for window in windows]
    expected = [utterance(*one).samples for one in enumerate(lengths)]
    assert np.array_equal(np.concatenate([[], *speech]), np.concatenate([[], *expected]))


@given(LENGTHS)
def test_no_window_is_too_long_and_gaps_are_silence_of_one_length(lengths: list[int]) -> None:
    for window in packed_from(lengths):
        assert len(window.samples) <= WINDOW
        silent = np.flatnonzero(window.samples == 0)
        assert len(silent) == GAP * (len(window.parts) - 1)
        assert window.samples[0] > 0
        assert window.samples[-1] > 0
        runs = np.split(silent, np.flatnonzero(np.diff(silent) > 1) + 1)
        assert all(len(run) == GAP for run in runs if len(silent))


@given(LENGTHS)
def test_a_new_window_begins_only_where_the_utterance_did_not_fit(lengths: list[int]) -> None:
    windows = packed_from(lengths)
    for window, following in pairwise(windows):
        added = lengths[int(following.parts[0].recording[1:])]
        assert len(window.samples) + GAP + added > WINDOW

"""Packing of files: which are whole, which are cut, and where each is in its window."""

import numpy as np
import pytest

from annotate.media.audio import RATE
from benchmarks.recognizers.packing import GAP, WINDOW, Part, Utterance, pack, utterances_of
from tests.sounds import silence, spoken, tone


def test_the_rules_are_30_s_and_half_a_second() -> None:
    assert (WINDOW, GAP) == (30 * RATE, RATE // 2)


def test_a_file_of_up_to_30_s_is_one_utterance() -> None:
    samples = tone(30.0)
    (whole,) = utterances_of("a", samples)
    assert (whole.start_ms, len(whole.samples)) == (0, len(samples))


def test_an_empty_file_is_no_utterance() -> None:
    assert utterances_of("a", silence(0.0)) == []


@pytest.mark.integration
def test_a_longer_file_is_cut_at_silences() -> None:
    samples = np.concatenate([silence(5.0), spoken("cat-01", 0.0, 40.0), silence(5.0)])
    parts = utterances_of("cat-01", samples)
    assert len(parts) > 1
    assert all(0 < len(part.samples) <= WINDOW for part in parts)
    assert parts[0].start_ms > 3000
    for part in parts:
        first = part.start_ms * 16
        assert np.array_equal(part.samples, samples[first : first + len(part.samples)])


def test_parts_have_their_place_in_the_window() -> None:
    first = Utterance(recording="a", start_ms=700, samples=tone(2.0))
    second = Utterance(recording="b", start_ms=0, samples=tone(3.0))
    (window,) = pack([first, second])
    assert window.parts == (
        Part(recording="a", start_ms=700, at_ms=0, length_ms=2000),
        Part(recording="b", start_ms=0, at_ms=2500, length_ms=3000),
    )
    assert len(window.samples) == 5.5 * RATE

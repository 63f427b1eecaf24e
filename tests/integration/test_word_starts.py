"""Bounds on word starts and on voice activity, near the figures in benchmarks/README.md.

They hold for the demo's checkpoint. A worse figure means that words point at the wrong time.
"""

from functools import partial

import pytest

import annotate.demo_model  # noqa: F401  # registers the demo's checkpoint for `find`
from annotate.evaluation.speech_coverage import Coverage
from annotate.evaluation.word_starts import StartErrors
from annotate.recognizers.options import ActivityOptions, DecodingOptions, TranscribeOptions
from benchmarks.spoken_truth import (
    DEMO_VOICES,
    OTHER_VOICES,
    SpokenRecording,
    demo_recordings,
    narrations_in,
    with_hesitations,
)
from benchmarks.voice_activity import changed, measure, quieter, white, with_noise
from benchmarks.word_times import measure as measure_starts
from benchmarks.word_times import prepare

pytestmark = pytest.mark.integration

ENGINE = "engine's times"
LAST = "after pauses"
Starts = dict[str, StartErrors]


@pytest.fixture(scope="module")
def demo() -> list[SpokenRecording]:
    return list(demo_recordings(5))


@pytest.fixture(scope="module")
def starts(demo: list[SpokenRecording]) -> dict[tuple[str, str], Starts]:
    """The errors of word starts by set and correction."""
    sets = {"demo": prepare(demo), "hesitations": prepare(list(with_hesitations(DEMO_VOICES[1:2])))}
    decoding = DecodingOptions(language="en")
    options = TranscribeOptions(model="demo", device="cpu", decoding=decoding)
    return {
        (row["set"], row["correction"]): {
            context: StartErrors(**errors) for context, errors in row["starts"].items()
        }
        for row in measure_starts(options, sets)
    }


def test_starts_after_pauses(starts: dict[tuple[str, str], Starts]) -> None:
    found = starts["demo", LAST]
    for context, least in (("pause", 40), ("short pause", 80)):
        assert found[context].words >= least
        assert found[context].p90_ms <= 35
        assert found[context].within_100 >= 0.97
        assert found[context].within_200 >= 0.99
        assert abs(found[context].bias_ms) <= 10


def test_starts_after_hesitations(starts: dict[tuple[str, str], Starts]) -> None:
    found = starts["hesitations", LAST]["hesitation, pause"]
    assert found.words >= 10
    assert found.p90_ms <= 35
    assert found.within_200 >= 0.95


def test_corrections_leave_fluent_speech_as_it_is(starts: dict[tuple[str, str], Starts]) -> None:
    for name in ("demo", "hesitations"):
        found, before = starts[name, LAST]["fluent"], starts[name, ENGINE]["fluent"]
        assert found.median_ms <= before.median_ms + 1
        assert found.within_200 >= before.within_200
        assert found.median_ms <= 22
        assert found.p90_ms <= 45


def outside(recordings: list[SpokenRecording]) -> Coverage:
    return measure(recordings, ActivityOptions(), None)


def test_clean_speech_is_detected_at_any_loudness(demo: list[SpokenRecording]) -> None:
    for gain_db in (0, -20, -40):
        found = outside(changed(demo, partial(quieter, gain_db)))
        assert found.words > 800
        assert found.outside_share <= 0.002, gain_db


def test_speech_in_noise_is_detected(demo: list[SpokenRecording]) -> None:
    assert outside(changed(demo, partial(with_noise, white, 20))).outside_share <= 0.002


def test_a_voice_that_the_demo_lacks_is_detected() -> None:
    assert outside(list(narrations_in(OTHER_VOICES[:1], ["cat-01"]))).outside_share <= 0.002

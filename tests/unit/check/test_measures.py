import polars as pl
import pytest

from annotate.check.measures import measure
from tests.builders import words
from tests.unit.check.builders import as_frame, joined


def measured(**over):
    return measure(as_frame(joined(**over))).row(0, named=True)


def a_segment(start_ms=0, end_ms=1000, avg_logprob=-0.5, compression_ratio=1.0):
    doubts = {"avg_logprob": avg_logprob, "compression_ratio": compression_ratio}
    rest = {"text": "", "no_speech_prob": 0.0, "temperature": 0.0}
    return {"start_ms": start_ms, "end_ms": end_ms, **doubts, **rest}


def test_rates_are_per_minute_of_speech():
    row = measured(
        speech=[{"start_ms": 0, "end_ms": 20_000}, {"start_ms": 30_000, "end_ms": 45_000}]
    )
    assert row["speech_share"] == 0.5
    assert row["words_a_minute"] == pytest.approx(240)


def test_log_probability_is_weighted_by_time_and_compression_is_the_worst():
    segments = [a_segment(0, 3000, -1.0, 1.5), a_segment(3000, 4000, -3.0, 2.5)]
    row = measured(segments=segments)
    assert row["logprob"] == pytest.approx(-1.5)
    assert row["compression_ratio"] == 2.5


def test_segments_without_length_still_count():
    assert measured(segments=[a_segment(0, 0, -1.0)])["logprob"] == -1.0


def test_loops_and_variety_ignore_case_and_punctuation():
    row = measured(words=words("It is. it is, IT IS " * 10))
    assert row["loop_words"] == 60
    assert row["unique_share"] == pytest.approx(2 / 60)


@pytest.mark.parametrize(("count", "expected"), [(49, None), (50, 1.0)])
def test_the_variety_of_a_short_text_is_not_measured(count, expected):
    text = " ".join(f"word{index}" for index in range(count))
    assert measured(words=words(text))["unique_share"] == expected


@pytest.mark.parametrize(("language", "expected"), [("en", True), ("ja", False), ("th", False)])
def test_rates_and_variety_are_measured_only_in_spaced_languages(language, expected):
    row = measured(words=words("a b " * 40), language=language)
    assert (row["words_a_minute"] is not None) == expected
    assert (row["unique_share"] is not None) == expected


def test_without_words_their_measures_are_none():
    row = measured(words=[], segments=[])
    assert row["worded_speech_share"] == 0
    assert row["speech_share"] > 0.8
    of_words = ("words_a_minute", "logprob", "compression_ratio", "unique_share", "loop_words")
    assert [row[name] for name in (*of_words, "invented_share")] == [None] * 6


def test_without_speech_words_are_all_invented_and_have_no_rate():
    row = measured(speech=[])
    assert (row["speech_share"], row["words_a_minute"], row["invented_share"]) == (0, None, 1)


@pytest.mark.parametrize(
    ("client_ms", "missing_s", "extra_s"), [(None, None, None), (72_000, 2.0, -2.0)]
)
def test_the_recorders_duration_is_compared_if_present(client_ms, missing_s, extra_s):
    row = measured(client_ms=client_ms)
    assert (row["missing_s"], row["extra_s"]) == (missing_s, extra_s)


@pytest.mark.parametrize(("noise", "clearance"), [(-60.0, 38.0), (None, None)])
def test_clearance_needs_both_levels(noise, clearance):
    assert measured(noise_dbfs=noise)["clearance_db"] == clearance


def test_without_recordings_there_are_no_measures():
    assert measure(as_frame()).is_empty()


def test_seconds_do_not_depend_on_other_recordings():
    single = measure(as_frame(joined(duration_ms=22_650)))
    together = measure(as_frame(joined(duration_ms=22_650), joined("b", duration_ms=1)))
    seconds = together.filter(pl.col("recording_id") == single["recording_id"].item())
    assert seconds["duration_s"].item() == single["duration_s"].item() == 22.65

"""Detection of a trace's clock: conversion if unambiguous, otherwise rejection."""

import json
from typing import Any

import pytest

from annotate.ingest.trace_clock import Length
from annotate.ingest.traces import measure_trace, parse_trace
from annotate.model.errors import RejectedError
from annotate.model.pointer import Trace

MINUTE = Length(duration_ms=60_000)
BEGAN_MS = 1_793_523_600_123
BEGAN = "2026-11-01T09:00:00.123Z"


def trace_of(times: list[Any], clicks: list[Any] = [], length: Length = MINUTE) -> Trace:  # noqa: B006
    path = [{"x_frac": t % 1000 / 1000, "y_frac": 0.5, "t_ms": t} for t in times]
    points = [{"x_frac": 0.5, "y_frac": 0.5, "t_ms": t} for t in clicks]
    return parse_trace(json.dumps({"segments": [path], "points": points}).encode(), length)


def times_of(trace: Trace) -> list[int]:
    return [point.t_ms for segment in trace.segments for point in segment]


def rejection(times: list[Any], clicks: list[Any] = [], length: Length = MINUTE) -> RejectedError:  # noqa: B006
    with pytest.raises(RejectedError) as rejected:
        trace_of(times, clicks, length)
    return rejected.value


EVERY_40_MS = list(range(0, 59_000, 40))


@pytest.mark.parametrize(
    "times",
    [
        EVERY_40_MS,
        [],
        [0],
        [5],
        [0, 16, 33, 50],  # a pointer that moved only briefly
        [17, 33, 50, 67, 83, 100],
        [59_000, 60_900],
        [0, 61_000, 90_000],  # handled by a check: the recording may be truncated
    ],
)
def test_times_in_milliseconds_are_unchanged(times: list[int]) -> None:
    assert times_of(trace_of(times)) == times


def test_two_close_clicks_are_not_taken_for_seconds() -> None:
    assert [point.t_ms for point in trace_of([], [3, 40]).points] == [3, 40]


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([BEGAN_MS + t for t in EVERY_40_MS], "milliseconds since 1970"),
        ([(BEGAN_MS + t) // 1000 for t in EVERY_40_MS], "seconds since 1970"),
        ([(BEGAN_MS + t) / 1000 for t in EVERY_40_MS], "seconds since 1970"),
        ([(BEGAN_MS + t) * 1000 for t in EVERY_40_MS], "microseconds since 1970"),
        ([(BEGAN_MS + t) * 10**6 for t in EVERY_40_MS], "nanoseconds since 1970"),
        ([t // 1000 for t in EVERY_40_MS], "whole seconds"),
        ([float(t // 1000) for t in EVERY_40_MS], "whole seconds"),
        (list(range(60)), "whole seconds"),
        ([t + 3_600_000 for t in EVERY_40_MS], "begins at 3600000 ms, when the recording has"),
        ([10**17], "beyond a day"),
        ([2**63 - 1], "beyond a day"),
        ([0, 100_000_000], "beyond a day"),
    ],
)
def test_another_clock_is_named_and_rejected(times: list[Any], words: str) -> None:
    rejected = rejection(times)
    assert rejected.reason == "trace_clock"
    assert words in rejected.detail
    assert "milliseconds from the start of the recording" in rejected.detail


def test_seconds_are_detected_from_clicks_only() -> None:
    assert rejection([], [5, 20, 58]).reason == "trace_clock"


def test_seconds_with_fractions_are_converted() -> None:
    assert times_of(trace_of([t / 1000 for t in EVERY_40_MS])) == EVERY_40_MS


def test_times_since_1970_are_converted_if_the_start_of_recording_is_known() -> None:
    length = Length(duration_ms=60_000, recorded_at=BEGAN)
    found = trace_of([BEGAN_MS + t for t in EVERY_40_MS], length=length)
    assert times_of(found) == EVERY_40_MS


@pytest.mark.parametrize(
    "began",
    [
        None,
        "2026-11-01",
        "2026-11-01T09:00:00Z",
        "2026-11-01T09:00:00.123",
        "2026-11-01T09:00:10.123Z",
    ],
)
def test_the_start_of_recording_must_be_exact_and_match(began: str | None) -> None:
    length = Length(duration_ms=60_000, recorded_at=began)
    assert rejection([BEGAN_MS + t for t in EVERY_40_MS], length=length).reason == "trace_clock"


@pytest.mark.parametrize("time", [0.5, 16.7])
def test_fractions_of_a_millisecond_are_rejected(time: float) -> None:
    assert rejection([time]).reason == "invalid_trace"


def test_the_recorders_length_is_used_if_audio_is_missing() -> None:
    cut_off = Length(duration_ms=5_000, client_ms=60_000)
    assert times_of(trace_of([50_000], length=cut_off)) == [50_000]


def test_a_trace_is_measured_against_its_recording() -> None:
    found = measure_trace(trace_of([0, 500, 90_000], [100]), MINUTE)
    assert (found.trace_points, found.trace_end_ms, found.trace_outside_frac) == (4, 90_000, 0.25)
    assert found.trace_extent_frac == 0.5
    nothing = measure_trace(Trace(), MINUTE)
    assert (nothing.trace_points, nothing.trace_end_ms, nothing.trace_outside_frac) == (
        0,
        None,
        None,
    )
    assert measure_trace(trace_of([], [7]), MINUTE).trace_extent_frac is None

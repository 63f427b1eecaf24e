"""Parsing and validation of a recording's trace file: the pointer's path and clicks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, ValidationError

from annotate.ingest.json_object import read_object
from annotate.ingest.trace_clock import SLACK_MS, Length, to_recording_clock
from annotate.model.errors import RejectedError
from annotate.model.pointer import Trace, TracePoint

MAX_BYTES = 8 * 2**20
"""About 200,000 trace points: an hour at 60 per second."""

MOST_POINTS = 250_000
"""Points of path and clicks together, at most. The shortest point takes 35 bytes in the file, and
more in memory."""

LAST = 2**63 - 1
"""Largest time: the limit of a 64-bit column."""


class _Point(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    x_frac: float = Field(ge=-10, le=10)
    y_frac: float = Field(ge=-10, le=10)
    t_ms: Annotated[StrictInt | StrictFloat, Field(ge=0, le=LAST)]


class _File(BaseModel):
    segments: list[list[_Point]] = []
    points: list[_Point] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFacts:
    """Measurements of a trace at ingestion; None where there is nothing to measure.

    Attributes:
        trace_points: Number of points of path and clicks.
        trace_end_ms: Time of the last point.
        trace_outside_frac: Fraction of the points after the recording's end.
        trace_extent_frac: Extent of the path as a fraction of the image's width or height,
            whichever is larger.
    """

    trace_points: int
    trace_end_ms: int | None
    trace_outside_frac: float | None
    trace_extent_frac: float | None


def parse_trace(data: bytes, length: Length | None = None) -> Trace:
    """Read a trace file.

    Args:
        length: The recording's length, from which the trace's clock is detected; without it, `t_ms`
            is used as it is.

    Raises:
        RejectedError: `invalid_trace`, if its form is invalid or its times decrease; `trace_clock`,
            if its times are of another clock.
    """
    if len(data) > MAX_BYTES:
        raise RejectedError("invalid_trace", f"the trace has more than {MAX_BYTES} bytes")
    file = _validated(data)
    path = [point.t_ms for segment in file.segments for point in segment]
    clicks = [point.t_ms for point in file.points]
    if len(path) + len(clicks) > MOST_POINTS:
        raise RejectedError("invalid_trace", f"the trace has more than {MOST_POINTS} points")
    if any(later < earlier for times in (path, clicks) for earlier, later in pairwise(times)):
        raise RejectedError("invalid_trace", "time runs backwards in the trace")
    to_ms = to_recording_clock(path, clicks, length) if length else None
    if to_ms is None and any(isinstance(time, float) for time in (*path, *clicks)):
        raise RejectedError("invalid_trace", "t_ms is a whole number of milliseconds")
    at = _converter(to_ms or int)
    return Trace(
        segments=tuple(tuple(map(at, segment)) for segment in file.segments if segment),
        points=tuple(map(at, file.points)),
    )


def measure_trace(trace: Trace, length: Length) -> TraceFacts:
    """Measure a trace against its recording."""
    path = [point for segment in trace.segments for point in segment]
    times = [point.t_ms for point in (*path, *trace.points)]
    outside = sum(time > length.longest_ms + SLACK_MS for time in times)
    return TraceFacts(
        trace_points=len(times),
        trace_end_ms=max(times, default=None),
        trace_outside_frac=round(outside / len(times), 6) if times else None,
        trace_extent_frac=_extent(path) if path else None,
    )


def _extent(path: list[TracePoint]) -> float:
    across, down = [point.x_frac for point in path], [point.y_frac for point in path]
    return round(max(max(across) - min(across), max(down) - min(down)), 6)


def _validated(data: bytes) -> _File:
    try:
        return _File.model_validate(read_object(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RejectedError("invalid_trace", f"{where}: {first['msg']}") from error
    except ValueError as error:
        raise RejectedError("invalid_trace", str(error)) from error


def _converter(to_ms: Callable[[float], int]) -> Callable[[_Point], TracePoint]:
    def at(point: _Point) -> TracePoint:
        return TracePoint(x_frac=point.x_frac, y_frac=point.y_frac, t_ms=to_ms(point.t_ms))

    return at

"""A recording's trace file: the pointer's path and clicks, checked for sense."""

from __future__ import annotations

from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from annotate.model.errors import RejectedError
from annotate.model.pointer import Trace, TracePoint

MAX_BYTES = 8 * 2**20
"""Some 200,000 trace points: an hour at 60 a second."""


class _Point(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    x_frac: float = Field(ge=-10, le=10)
    y_frac: float = Field(ge=-10, le=10)
    t_ms: int = Field(ge=0)


class _File(BaseModel):
    segments: list[list[_Point]] = []
    points: list[_Point] = []


def parse_trace(data: bytes) -> Trace:
    """Read a trace file.

    Raises:
        RejectedError: `invalid_trace`, if it isn't of the form or time runs backwards in it.
    """
    if len(data) > MAX_BYTES:
        raise RejectedError("invalid_trace", f"the trace has more than {MAX_BYTES} bytes")
    try:
        file = _File.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RejectedError("invalid_trace", f"{where}: {first['msg']}") from error
    path = [point.t_ms for segment in file.segments for point in segment]
    clicks = [point.t_ms for point in file.points]
    if any(later < earlier for times in (path, clicks) for earlier, later in pairwise(times)):
        raise RejectedError("invalid_trace", "time runs backwards in the trace")
    return Trace(
        segments=tuple(tuple(map(_model, segment)) for segment in file.segments if segment),
        points=tuple(map(_model, file.points)),
    )


def _model(point: _Point) -> TracePoint:
    return TracePoint(x_frac=point.x_frac, y_frac=point.y_frac, t_ms=point.t_ms)

"""A trace file is used unchanged or rejected, and never corrected silently."""

import json
from typing import Any

import pytest

from annotate.ingest.traces import parse_trace
from annotate.model.errors import RejectedError
from annotate.model.pointer import Trace, TracePoint


def at(t_ms: Any, x_frac: Any = 0.5, y_frac: Any = 0.5) -> dict[str, Any]:
    return {"x_frac": x_frac, "y_frac": y_frac, "t_ms": t_ms}


def parse(**file: Any) -> Trace:
    return parse_trace(json.dumps(file).encode())


def test_path_and_clicks_are_parsed() -> None:
    trace = parse(segments=[[at(0), at(40, 0.6)], [at(900)]], points=[at(50)])
    assert trace.segments[0][1] == TracePoint(x_frac=0.6, y_frac=0.5, t_ms=40)
    assert [len(segment) for segment in trace.segments] == [2, 1]
    assert trace.points == (TracePoint(x_frac=0.5, y_frac=0.5, t_ms=50),)


def test_a_pointer_may_leave_the_image() -> None:
    assert parse(segments=[[at(0, -0.1, 1.2)]]).segments[0][0].y_frac == 1.2


def test_a_segment_without_points_is_omitted() -> None:
    assert parse(segments=[[], [at(1)]]).segments == parse(segments=[[at(1)]]).segments


@pytest.mark.parametrize(
    "file",
    [
        {"segments": [[at(40), at(0)]]},
        {"segments": [[at(900)], [at(40)]]},
        {"points": [at(5), at(4)]},
        {"segments": [[at(0, "0.5")]]},
        {"segments": [[at(0.5)]]},
        {"segments": [[at(-1)]]},
        {"segments": [[at(0, 1e9)]]},
        {"segments": at(0)},
        [],
    ],
)
def test_an_invalid_trace_is_rejected(file: Any) -> None:
    with pytest.raises(RejectedError) as rejection:
        parse_trace(json.dumps(file).encode())
    assert rejection.value.reason == "invalid_trace"


@pytest.mark.parametrize("data", [b"", b"\xff", b'{"segments": [[{"x_frac": NaN}]]}'])
def test_anything_but_json_is_rejected(data: bytes) -> None:
    with pytest.raises(RejectedError):
        parse_trace(data)

"""Metadata of an upload is validated; ingest can read the trace that is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.ingest.traces import parse_trace
from annotate.recorder.errors import RequestError
from annotate.recorder.protocol import DEFAULT
from annotate.recorder.upload_metadata import parse_metadata


def point(x_frac: Any = 0.5, y_frac: Any = 0.5, t_ms: Any = 0) -> dict[str, Any]:
    return {"x_frac": x_frac, "y_frac": y_frac, "t_ms": t_ms}


def metadata(**over: Any) -> str:
    valid = {
        "client_ms": 1000,
        "trace": {"segments": [[point()], [point(1, 0, 500)]], "points": [point(t_ms=3)]},
        "prompts": [{"question": "style", "t_ms": 900}, {"question": "glance", "t_ms": 5}],
        "recorded_at": "2026-11-01T09:00:00.123Z",
        "consented_at": "2026-11-01T08:00:00+02:00",
        "consent": {"scope": "public", "statement": "v1", "sha256": "0" * 64},
        "something": "else",
    }
    return json.dumps({**valid, **over})


def code(text: str) -> str:
    with pytest.raises(RequestError) as caught:
        parse_metadata(text, DEFAULT)
    assert caught.value.status == 400
    return caught.value.code


def test_ingest_reads_the_stored_trace() -> None:
    parsed = parse_metadata(metadata(), DEFAULT)
    trace = parse_trace(json.dumps(parsed.trace).encode())
    assert [len(segment) for segment in trace.segments] == [1, 1]
    assert trace.segments[1][0].x_frac == 1
    assert trace.points[0].t_ms == 3


def test_questions_are_sorted_by_time_without_duplicates() -> None:
    twice = [{"question": "style", "t_ms": 9}, {"question": "glance", "t_ms": 5}]
    parsed = parse_metadata(metadata(prompts=[*twice, {"question": "style", "t_ms": 1}]), DEFAULT)
    assert parsed.prompts == [{"question": "glance", "t_ms": 5}, {"question": "style", "t_ms": 9}]


def test_empty_segments_are_omitted() -> None:
    assert parse_metadata(metadata(trace={"segments": [[], []]}), DEFAULT).trace["segments"] == []


@pytest.mark.parametrize(
    "over",
    [
        {"client_ms": None},
        {"client_ms": 1.5},
        {"client_ms": True},
        {"client_ms": 10**12},
        {"trace": []},
        {"trace": {"segments": {}}},
        {"trace": {"segments": [[point(t_ms=5), point(t_ms=4)]]}},
        {"trace": {"segments": [[point(t_ms=5)], [point(t_ms=4)]]}},
        {"trace": {"points": [point(t_ms=5), point(t_ms=4)]}},
        {"trace": {"segments": [[point(x_frac=11)]]}},
        {"trace": {"segments": [[point(x_frac="0.5")]]}},
        {"trace": {"segments": [[point(x_frac=float("nan"))]]}},
        {"trace": {"segments": [[point(t_ms=-1)]]}},
        {"trace": {"segments": [[{**point(), "extra": 1}]]}},
        {"prompts": {}},
        {"prompts": [{"question": "unknown", "t_ms": 1}]},
        {"prompts": [{"question": "style"}]},
        {"recorded_at": "2026-11-01T09:00:00"},
        {"recorded_at": 0},
        {"consented_at": "yes"},
        {"consent": None},
        {"consent": {"scope": "public", "statement": 1, "sha256": "0"}},
        {"consent": []},
        {"trace": {"segments": [[point(x_frac=10**400)]]}},
        {"trace": {"segments": [[point(y_frac=-(10**400))]]}},
        {"trace": {"segments": [[point(t_ms=10**400)]]}},
        {"prompts": [{"question": ["style"], "t_ms": 1}]},
        {"prompts": [{"question": "style", "t_ms": 1}] * 1_000_000},
    ],
)
def test_invalid_metadata_is_rejected(over: dict[str, Any]) -> None:
    assert code(metadata(**over)) == "bad_meta"


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "NaN", "Infinity"),
        *('{"client_ms": 1, "client_ms": 2}', '{"a": NaN}', '{"a": ' + "[" * 61 + "]" * 61 + "}"),
        metadata().replace("0.5", "1e400"),
        metadata().replace("0.5", "-1e400"),
        metadata().replace("0.5", "9" * 5000),
        "\ufeff" + metadata(),
    ],
)
def test_anything_but_a_json_object_is_rejected(text: str) -> None:
    assert code(text) == "bad_meta"


def test_a_recording_without_consent_is_rejected() -> None:
    assert code(metadata(consented_at=None)) == "no_consent"
    assert code(metadata(consented_at="")) == "no_consent"

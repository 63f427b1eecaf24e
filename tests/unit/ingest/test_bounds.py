"""Numbers at the limits of their types, impossible times, and duplicate keys."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from annotate.ingest.json_object import read_object
from annotate.ingest.manifest import read_manifest
from annotate.ingest.traces import parse_trace
from annotate.model.errors import AnnotateError, RejectedError
from annotate.store.lake import Lake
from tests.unit.ingest.test_ingest import CONSENT, a_row, a_source, ingest, rejected

NUMBERS = [
    *("10000000000000000000", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("-9223372036854775808", "1" + "0" * 400, "1" + "0" * 5000, "1e400", "-1e400", "NaN"),
    *("Infinity", "-1", "86400001", "true", '"75213"', '"NaN"', "75213.5", "[]", "{}", '""'),
]
"""None of them is a whole number of milliseconds in a day."""

AT_BOUNDS = {
    "0": 0,
    "-0": 0,
    "-0.0": 0,
    "0.0": 0,
    "86400000": 86_400_000,
    "6e4": 60_000,
    "null": None,
}
POINT = '{"x_frac": 0.5, "y_frac": 0.5, "t_ms": 1}'


def a_line(**over: str) -> str:
    """A manifest line with some values inserted literally."""
    row = {**{key: json.dumps(value) for key, value in a_row().items()}, **over}
    return "{" + ", ".join(f'"{key}": {value}' for key, value in row.items()) + "}"


def error_of(line: str, tmp_path: Path) -> str:
    (found,) = read_manifest(a_source(tmp_path / "src", line))
    return found.error or ""


@pytest.mark.parametrize("number", NUMBERS)
def test_a_length_out_of_bounds_is_rejected_naming_the_field(tmp_path: Path, number: str) -> None:
    lake, line = Lake(tmp_path / "lake"), a_line(client_ms=number)
    assert ingest(lake, a_source(tmp_path / "src", line, a_row())).quarantined == {"invalid_row": 1}
    assert rejected(lake) == {"src/manifest.jsonl:1": "invalid_row"}
    expected = ("client_ms", "number", "NaN", "Infinity")
    assert any(name in error_of(line, tmp_path) for name in expected)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_time_of_a_question_has_the_same_bounds(tmp_path: Path, number: str) -> None:
    prompts = f'[{{"question": "glance", "t_ms": {number}}}]'
    assert error_of(a_line(prompts=prompts), tmp_path)


@pytest.mark.parametrize("number", AT_BOUNDS)
def test_lengths_at_the_bounds_are_accepted(tmp_path: Path, number: str) -> None:
    (found,) = read_manifest(a_source(tmp_path / "src", a_line(client_ms=number)))
    assert found.row is not None
    assert found.row.client_ms == AT_BOUNDS[number]


NO_CLOCK = [one for one in NUMBERS if one not in {"9223372036854775807", "86400001", "75213.5"}]
"""None of them is a valid time on any clock."""


@pytest.mark.parametrize(
    ("key", "number"),
    [*(("t_ms", one) for one in NO_CLOCK), *(("x_frac", one) for one in NO_CLOCK if one != "-1")],
)
def test_a_trace_with_an_invalid_number_is_rejected(key: str, number: str) -> None:
    point = POINT.replace('"t_ms": 1' if key == "t_ms" else '"x_frac": 0.5', f'"{key}": {number}')
    with pytest.raises(RejectedError) as rejection:
        parse_trace(f'{{"segments": [[{point}]]}}'.encode())
    assert rejection.value.reason == "invalid_trace"


def test_an_absurd_time_in_a_trace_affects_one_recording_only(tmp_path: Path) -> None:
    rows = [a_row(trace="t.json"), a_row(recording="b.wav")]
    source = a_source(tmp_path / "src", *rows)
    (source / "b.wav").write_bytes((source / "a.wav").read_bytes() + b"\0\0")
    for time in ("10000000000000000000", "9223372036854775807"):
        (source / "t.json").write_text(
            POINT.join(['{"points": [', "]}"]).replace(": 1}", f": {time}}}")
        )
        lake = Lake(tmp_path / f"lake {time}")
        report = ingest(lake, source)
        assert report.written == 1
        assert sum(report.quarantined.values()) == 1
        assert rejected(lake)["src/a.wav"] in {"invalid_trace", "trace_clock"}


@pytest.mark.parametrize(
    "moment",
    [
        '"yesterday-ish"',
        '"2999-01-01"',
        '"1970-01-01T00:00:00Z"',
        "1793523600",
        '""',
        "true",
        '"x"',
    ],
)
@pytest.mark.parametrize("field", ["consent.at", "recorded_at"])
def test_an_impossible_time_is_rejected_naming_the_field(
    tmp_path: Path, field: str, moment: str
) -> None:
    consent = json.dumps({**CONSENT, "at": "?"}).replace('"?"', moment)
    over = {"consent": consent} if field == "consent.at" else {"recorded_at": moment}
    assert error_of(a_line(**over), tmp_path).startswith(field)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (a_line()[:-1] + ', "annotator": "ann-02"}', "annotator"),
        (a_line()[:-1] + ', "\\u0061nnotator": "ann-02"}', "annotator"),
        (a_line(consent='{"scope": "internal", "scope": "public", "statement": "v1"}'), "scope"),
        (a_line()[:-1] + ', "consent": {"scope": "internal", "statement": "v1"}}', "consent"),
        (a_line(prompts='[{"question": "a", "question": "b", "t_ms": 1}]'), "question"),
    ],
)
def test_a_duplicate_key_is_named(tmp_path: Path, line: str, key: str) -> None:
    assert error_of(line, tmp_path) == f'the key "{key}" stands twice: leave one out'


def test_a_trace_with_a_duplicate_key_is_rejected() -> None:
    twice = POINT.replace("}", ', "t_ms": 2}')
    with pytest.raises(RejectedError, match="stands twice"):
        parse_trace(f'{{"points": [{twice}]}}'.encode())
    with pytest.raises(RejectedError, match="stands twice"):
        parse_trace(b'{"segments": [], "segments": []}')


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' * 5000, b'"\\ud800"', b"", b"null", b"\x80", b"{} {}"]
)
def test_anything_but_a_json_object_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_object(text)


def test_a_manifest_must_be_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.jsonl")
    with pytest.raises(AnnotateError, match="is a FIFO"):
        list(read_manifest(tmp_path))
    (tmp_path / "b" / "manifest.jsonl").mkdir(parents=True)
    with pytest.raises(AnnotateError, match="is a folder"):
        list(read_manifest(tmp_path / "b"))


@pytest.mark.parametrize("value", ['"true"', "1", '"yes"', "null"])
def test_only_true_and_false_are_booleans(tmp_path: Path, value: Any) -> None:
    assert error_of(a_line(synthetic_voice=value), tmp_path).startswith("synthetic_voice")

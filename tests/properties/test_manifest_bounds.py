"""A line or a trace with any numbers and texts is accepted or rejected, and never fails."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.ingest.manifest import MAX_PATH, ManifestRow, read_manifest
from annotate.ingest.trace_clock import LONGEST_MS, Length
from annotate.ingest.traces import parse_trace
from annotate.model.errors import RejectedError
from annotate.model.pointer import Trace
from annotate.model.tables import Recordings, Traces, content_frame

EDGES = [0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**400, -(2**63), True, None]
numbers = st.one_of(
    st.integers(),
    st.sampled_from(EDGES),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.integers(0, LONGEST_MS),
)
few = settings(max_examples=150, deadline=None)
ROW = {"recording": "a.wav", "image": "a.jpg", "annotator": "ann"}
CONSENT = {"scope": "public", "statement": "v1"}


@few
@given(
    st.fixed_dictionaries(
        {"client_ms": numbers, "t_ms": numbers, "at": st.text(max_size=12) | numbers}
    )
)
def test_a_line_is_accepted_within_bounds_or_rejected(drawn: dict[str, Any]) -> None:
    prompts = [{"question": "glance", "t_ms": drawn["t_ms"]}]
    consent = {**CONSENT, "at": drawn["at"]}
    line = {**ROW, "client_ms": drawn["client_ms"], "prompts": prompts, "consent": consent}
    row, error = _read(json.dumps(line))
    assert (row is None) == bool(error)
    if row is not None:
        assert row.client_ms is None or 0 <= row.client_ms <= LONGEST_MS
        content_frame(Recordings, [row.model_dump(include={"client_ms", "prompts"})])


@few
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_line_or_an_error(text: str) -> None:
    row, error = _read(text.replace("\n", " ").replace("\r", " ").strip() or "x")
    assert (row is None) == bool(error)
    assert row is None or len(row.recording) <= MAX_PATH


@few
@given(st.lists(st.tuples(numbers, numbers), max_size=8), st.integers(1, LONGEST_MS))
def test_a_trace_is_accepted_within_bounds_or_rejected(
    coordinates: list[tuple[Any, Any]], duration_ms: int
) -> None:
    points = [{"x_frac": x, "y_frac": 0.5, "t_ms": t} for x, t in coordinates]
    try:
        data = json.dumps({"points": points}).encode()
        trace = parse_trace(data, Length(duration_ms=duration_ms))
    except RejectedError as rejected:
        trace, reason = Trace(), rejected.reason
    else:
        reason = None
    assert reason in {None, "invalid_trace", "trace_clock"}
    assert all(0 <= point.t_ms <= LONGEST_MS for point in trace.points)
    rows = [{"x_frac": p.x_frac, "y_frac": p.y_frac, "t_ms": p.t_ms} for p in trace.points]
    content_frame(Traces, [{"recording_id": "rec_0", "segments": [], "points": rows}])


def _read(text: str) -> tuple[ManifestRow | None, str | None]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "manifest.jsonl").write_bytes(text.encode("utf-8", "replace"))
        lines = list(read_manifest(Path(folder)))
    if not lines:
        return None, "blank"
    return lines[0].row, lines[0].error

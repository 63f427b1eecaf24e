"""Any metadata that a client sends with a recording is accepted or rejected, without a crash."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotate.ingest.traces import parse_trace
from annotate.recorder.errors import RequestError
from annotate.recorder.project_kinds import kind_of
from annotate.recorder.protocol import DEFAULT, consent_sha256, parse_protocol
from annotate.recorder.recordings_in_results import named_recordings
from annotate.recorder.scrub import Viewer, scrub
from annotate.recorder.upload_metadata import UploadMetadata, parse_metadata

NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**400), 2**63, -1, 0, 1e308, 24 * 3600 * 1000, True]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=20))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
TRACE_POINTS = st.fixed_dictionaries({"x_frac": NUMBERS, "y_frac": NUMBERS, "t_ms": NUMBERS})
PATHS = st.lists(TRACE_POINTS | ANYTHING, max_size=4)
TRACES = st.fixed_dictionaries({"segments": st.lists(PATHS, max_size=3), "points": PATHS})
PROMPTS = st.lists(
    st.fixed_dictionaries(
        {"question": st.sampled_from(["glance", "x"]) | ANYTHING, "t_ms": NUMBERS}
    )
    | ANYTHING,
    max_size=4,
)
TIMES = st.sampled_from(["2026-11-01T09:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31"])
CONSENTS = st.fixed_dictionaries(
    {name: st.text(max_size=9) | ANYTHING for name in ("scope", "statement", "sha256")}
)
METAS = st.fixed_dictionaries(
    {
        "client_ms": NUMBERS | ANYTHING,
        "trace": TRACES | ANYTHING,
        "prompts": PROMPTS | ANYTHING,
        "recorded_at": TIMES | ANYTHING,
        "consented_at": TIMES | ANYTHING,
        "consent": CONSENTS | ANYTHING,
    }
)


def parsed(text: str) -> UploadMetadata | None:
    """The parsed metadata; None if it is rejected, which is a 400 whatever the reason."""
    try:
        return parse_metadata(text, DEFAULT)
    except RequestError as error:
        if error.status != 400:
            raise
        return None


@given(METAS)
def test_any_meta_is_accepted_or_rejected_and_can_be_stored(
    given_meta: Any,
) -> None:
    metadata = parsed(json.dumps(given_meta))
    if metadata is not None:
        stored = json.dumps(
            [metadata.trace, metadata.prompts, metadata.recorded_at], ensure_ascii=False
        ).encode()
        assert b"Infinity" not in stored
        assert b"NaN" not in stored
        parse_trace(json.dumps(metadata.trace).encode())
        assert {prompt["question"] for prompt in metadata.prompts} <= {"glance"}


@given(st.text() | ANYTHING.map(lambda value: json.dumps(value)))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    parsed(text)


@given(st.text() | st.text().map(lambda text: f"<!-- annotate-protocol {{{text}}} -->"))
def test_any_configuration_gives_a_valid_protocol(config: str) -> None:
    protocol = parse_protocol(config)
    assert len(consent_sha256(protocol["consent"])) == 64
    assert kind_of(config) in (None, "annotate-recording", "annotate-review")


RESULTS = st.fixed_dictionaries(
    {
        "from_name": st.just("recording") | ANYTHING,
        "value": st.fixed_dictionaries({"text": ANYTHING | st.lists(st.text(), max_size=2)})
        | ANYTHING,
    }
)


@given(st.lists(RESULTS | ANYTHING, max_size=3) | ANYTHING)
def test_recordings_can_be_searched_in_any_result(result: Any) -> None:
    assert set(named_recordings(result)) <= {""}


USER = st.fixed_dictionaries({"id": st.integers(1, 9), "email": st.just("someone@example.com")})
ANNOTATION = st.fixed_dictionaries(
    {"completed_by": st.integers(1, 9) | USER, "result": st.just("RESULT")}
)
RESPONSES = st.recursive(
    st.just("x") | USER,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "created_by"]), inner)
        | st.fixed_dictionaries({"annotations": st.lists(ANNOTATION, max_size=3), "task": inner})
    ),
)


@given(RESPONSES)
def test_a_response_has_no_emails_and_no_annotations_of_others_at_any_depth(response: Any) -> None:
    assert "someone@example.com" not in json.dumps(
        scrub(response, Viewer(99, "me@example.com", False))
    )
    assert "RESULT" not in json.dumps(scrub(response, Viewer(99, "me@example.com", False)))

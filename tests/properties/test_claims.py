"""Whatever an annotation claims, a recording's data comes from the server's record."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.ingest.claims import Claims
from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import parse_task, recorded
from annotate.model.errors import AnnotateError, RejectedError
from tests.unit.label_studio.stub import URL, a_record, a_reference

MOMENT = "2026-11-01T09:00:00Z"
PROJECT, TASK = 3, 9
SCOPES = ["internal", "research", "public"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
USERS = st.integers(1, 3)
AUDIO = st.sampled_from([b"one", b"two"])


def claims_at(record: Any) -> Claims:
    """Claims checked against a server whose recorder responds with this JSON."""

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(record))

    studio = Studio(URL, "0" * 40, transport=httpx.MockTransport(respond), patience=0)
    return Claims(studio.recorder, PROJECT)


def settled(claims: Claims, claim: str, author: Any) -> dict[str, Any]:
    """The row for an annotation whose text is this claim."""
    result = [{"from_name": "recording", "value": {"text": [claim]}}]
    annotation = {"id": 1, "updated_at": MOMENT, "completed_by": author, "result": result}
    data = {"image": "/data/a.jpg"}
    raw = {"id": TASK, "updated_at": MOMENT, "data": data, "annotations": [annotation]}
    (found,) = recorded("source", parse_task(raw))
    return claims.settle(found, TASK)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(SCOPES),
    st.fixed_dictionaries({"scope": st.sampled_from(SCOPES), "statement": st.text(min_size=1)}),
    USERS,
    st.none() | USERS,
    AUDIO,
    AUDIO,
    st.sampled_from([TASK, TASK + 1]),
    st.dictionaries(st.sampled_from(["language", "client_ms", "user", "task", "prompts"]), JSON),
)
def test_no_claim_changes_the_annotator_or_the_consent_of_a_recording(
    scope: str,
    claimed: Any,
    owner: int,
    author: int | None,
    audio: bytes,
    other: bytes,
    task: int,
    other_fields: Any,
) -> None:
    agreed = {"scope": scope, "statement": "v1", "at": MOMENT}
    stored = a_record(a_reference(audio, consent=agreed), user=owner, project=PROJECT, task=task)
    claim = {**a_reference(other), **other_fields, "consent": claimed}
    row = settled(claims_at(stored), json.dumps(claim), author)
    accepted = audio == other and task == TASK and author in (None, owner)
    assert (row["described"] is not None) == accepted
    if accepted:
        line = json.loads(row["described"])
        assert line["consent"] == agreed
        assert line["annotator"] == f"ls-{owner}"
        assert (line["language"], line["client_ms"]) == ("en", 6_000)
        assert row["sha256"] == stored["sha256"]
    else:
        assert row["reason"] in ("foreign_recording", "claim_mismatch")


@settings(max_examples=100, deadline=None)
@given(
    JSON
    | st.dictionaries(
        st.sampled_from(sorted(a_record(a_reference(), project=PROJECT, task=TASK))), JSON
    ).map(lambda over: {**a_record(a_reference(), project=PROJECT, task=TASK), **over})
)
def test_any_response_of_a_recorder_is_a_record_or_a_rejection(response: Any) -> None:
    reference = a_reference()
    row = settled(claims_at(response), json.dumps(reference), 5)
    assert (row["described"] is None) == (row["error"] is not None)


@settings(deadline=None)
@given(JSON)
def test_any_list_of_reviewers_is_accounts_or_an_error(response: Any) -> None:
    claims = claims_at(response)
    try:
        found = claims._recorder.reviewers()
    except (AnnotateError, RejectedError):
        return
    assert all(type(one) is int for one in found)

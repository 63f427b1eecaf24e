"""The protocol in a project's labelling configuration, whole, partial and broken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotate.recorder.protocol import DEFAULT, parse_protocol


def config(protocol: Any) -> str:
    text = protocol if isinstance(protocol, str) else json.dumps(protocol)
    return f"<View>\n<!-- annotate-protocol {text} -->\n<Image/></View>"


def test_a_complete_protocol_is_unchanged() -> None:
    given = {
        "language": "ar",
        "minimum_seconds": 0,
        "asked_seconds": 60,
        "interface": "ar",
        "second_look": True,
        "consent": {"scope": "research", "statement": "v3", "text": {"ar": "نعم"}},
        "questions": [{"id": "a", "text": {"en": "What?", "ar": "ماذا؟"}}],
    }
    assert parse_protocol(config(given)) == given


@pytest.mark.parametrize(
    "broken",
    ["", "<View/>", config("{"), config("[]"), config('{"language": }'), config("{" * 100_000)],
)
def test_a_missing_or_broken_protocol_is_the_default(broken: str) -> None:
    assert parse_protocol(broken) == DEFAULT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "English"),
        ("language", 7),
        ("minimum_seconds", -1),
        ("minimum_seconds", "60"),
        ("minimum_seconds", True),
        ("asked_seconds", 0),
        ("asked_seconds", 1e9),
        ("interface", "xx"),
        ("second_look", 1),
        ("second_look", "yes"),
        ("consent", "yes"),
        ("consent", {"scope": "everybody", "statement": "v1"}),
        ("consent", {"scope": "public"}),
        ("questions", []),
        ("questions", [{"id": "a b", "text": {"en": "What?"}}]),
        ("questions", [{"id": "a", "text": {}}]),
        ("questions", "What?"),
    ],
)
def test_an_invalid_field_has_its_default_and_affects_no_other(field: str, value: Any) -> None:
    other = "asked_seconds" if field == "minimum_seconds" else "minimum_seconds"
    parsed = parse_protocol(config({field: value, other: 33}))
    assert parsed[field] == DEFAULT[field]
    assert parsed[other] == 33


def test_the_default_scope_of_consent_is_internal() -> None:
    assert parse_protocol("")["consent"]["scope"] == "internal"


def test_valid_questions_are_listed_without_duplicates() -> None:
    questions = [
        {"id": "a", "text": "Plain"},
        {"id": "a", "text": {"en": "Again"}},
        7,
        {"id": "b", "text": {"en": "Second", "nonsense language": "x", "ar": 3}},
    ]
    assert parse_protocol(config({"questions": questions}))["questions"] == [
        {"id": "a", "text": {"en": "Plain"}},
        {"id": "b", "text": {"en": "Second"}},
    ]

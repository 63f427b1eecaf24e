"""JSON that parsers could interpret differently is rejected."""

from __future__ import annotations

import pytest

from annotate.recorder.strict_json import MAX_DEPTH, loads


def test_plain_json_is_read() -> None:
    assert loads('{"a": [1, 2.5, null, true, "x"], "b": {}}') == {
        "a": [1, 2.5, None, True, "x"],
        "b": {},
    }
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "NaN", "[Infinity]", "[-Infinity]", '{"a": 1, "a": 1}', "[" * 100_000),
        *('{"a": {"b": 1, "b": 2}}', "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "9" * 5000),
        *("\ufeff{}", "{'a': 1}", "[1,]", '{"a": 1} x'),
    ],
)
def test_ambiguous_or_invalid_json_is_rejected(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason will do
        loads(text)

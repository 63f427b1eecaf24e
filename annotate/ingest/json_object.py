"""Strict parsing of one JSON object: no duplicate keys, no `NaN` or `Infinity`."""

from __future__ import annotations

import re
from typing import Any

import jiter

from annotate.ingest.json_errors import explain

_TWICE = re.compile(r'Detected duplicate key (".*") at line', re.DOTALL)


def read_object(data: bytes | str) -> dict[str, Any]:
    """Parse a JSON text as one object.

    Most parsers silently use the last value of a duplicate key, so two parsers may give different
    results.

    Raises:
        ValueError: If it isn't an object, or breaks a rule; the message has the rule and position.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
        parsed = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        if twice := _TWICE.match(str(error)):
            raise ValueError(f"the key {twice[1][:80]} stands twice: leave one out") from error
        raise ValueError(_explain(data) or str(error)) from error
    if not isinstance(parsed, dict):
        raise ValueError(_explain(data) or "no JSON object")
    return parsed


def _explain(data: bytes | str) -> str | None:
    try:
        return explain(data if isinstance(data, str) else data.decode())
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} isn't UTF-8"

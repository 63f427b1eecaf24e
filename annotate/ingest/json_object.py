"""Reads one JSON object, strictly: no key twice, no number that isn't one."""

from __future__ import annotations

import re
from typing import Any

import jiter

from annotate.ingest.json_errors import explain

_TWICE = re.compile(r'Detected duplicate key (".*") at line', re.DOTALL)


def read_object(data: bytes | str) -> dict[str, Any]:
    """The object that a JSON text is.

    Of a key that stands twice most readers take the last value and say nothing, so two readers
    may read two things.

    Raises:
        ValueError: If it is none, or breaks a rule; the message says which and where.
    """
    try:
        raw = data.encode() if isinstance(data, str) else data
        given = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        if twice := _TWICE.match(str(error)):
            raise ValueError(f"the key {twice[1][:80]} stands twice: leave one out") from error
        raise ValueError(_explain(data) or str(error)) from error
    if not isinstance(given, dict):
        raise ValueError(_explain(data) or "no JSON object")
    return given


def _explain(data: bytes | str) -> str | None:
    try:
        return explain(data if isinstance(data, str) else data.decode())
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} isn't UTF-8"

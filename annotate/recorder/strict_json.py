"""Strict parsing of untrusted JSON: input that parsers could interpret differently is rejected."""

from __future__ import annotations

import json
from typing import Any

MAX_DEPTH = 60
"""Maximum nesting of lists and objects; the pages send at most six levels."""


def loads(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: If it isn't JSON, repeats a key, contains NaN or an infinity, or is nested too
            deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is named twice")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("nested too deeply")

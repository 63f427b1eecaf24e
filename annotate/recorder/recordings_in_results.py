"""The recordings and edits contained in an annotation's result."""

from __future__ import annotations

import json
from typing import Any

from annotate.recorder.strict_json import loads

CONTROL = "recording"
"""The labelling configuration's control for a recording's reference."""


def named_recordings(result: object) -> list[str]:
    """The ids of the recordings in an annotation's result; "" for an invalid reference."""
    return [_recording(text) for text in _references(result)]


def edits_of(result: object) -> list[tuple[str, Any]]:
    """The annotator's edits of the shown words, each with its recording's id.

    Raises:
        ValueError: If a reference is ambiguous JSON, such as one with a repeated key.
    """
    found = []
    for text in _references(result):
        reference = _reference(text)
        if reference is not None and "edit" in reference:
            loads(text)
            found.append((_recording(text), reference["edit"]))
    return found


def _references(result: object) -> list[Any]:
    texts: list[Any] = []
    for one in result if isinstance(result, list) else []:
        if isinstance(one, dict) and one.get("from_name") == CONTROL:
            value = one.get("value")
            text = value.get("text") if isinstance(value, dict) else None
            texts += text if isinstance(text, list) else [text]
    return texts


def _reference(text: object) -> dict[str, Any] | None:
    try:
        reference = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return reference if isinstance(reference, dict) else None


def _recording(text: object) -> str:
    reference = _reference(text)
    name = None if reference is None else reference.get("recording")
    hexadecimal = isinstance(name, str) and len(name) == 32 and set(name) <= set("0123456789abcdef")
    return name if hexadecimal and isinstance(name, str) else ""

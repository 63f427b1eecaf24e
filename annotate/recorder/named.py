"""Which recordings an annotation's result holds."""

from __future__ import annotations

import json
from typing import Any

CONTROL = "recording"
"""The control of the labelling configuration that holds a recording's reference."""


def named_recordings(result: object) -> list[str]:
    """The ids of recordings that an annotation's result holds; "" where there should be one."""
    texts: list[Any] = []
    for one in result if isinstance(result, list) else []:
        if isinstance(one, dict) and one.get("from_name") == CONTROL:
            value = one.get("value")
            text = value.get("text") if isinstance(value, dict) else None
            texts += text if isinstance(text, list) else [text]
    return [_recording(text) for text in texts]


def _recording(text: object) -> str:
    try:
        reference = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return ""
    name = reference.get("recording") if isinstance(reference, dict) else None
    hexadecimal = isinstance(name, str) and len(name) == 32 and set(name) <= set("0123456789abcdef")
    return name if hexadecimal and isinstance(name, str) else ""

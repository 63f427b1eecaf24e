"""Deterministic ids with a prefix per kind: equal bytes get equal ids on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

DIGITS = 16
"""Hex digits of a SHA-256 in an id: 64 bits, one collision in about 4e9 recordings."""


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data`, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def recording_id(sha256: str) -> str:
    """The id of the recording whose audio bytes, as received, have this SHA-256."""
    return f"rec_{sha256[:DIGITS]}"


def image_id(sha256: str) -> str:
    """The id of the image whose bytes have this SHA-256."""
    return f"img_{sha256[:DIGITS]}"


def caption_id(image: str, step_key: str) -> str:
    """The id of the caption of an image that was composed under a step key."""
    return f"cap_{digest('caption', image, step_key)}"


def digest(*parts: Any) -> str:
    """The first 16 hex digits of the SHA-256 of `parts` as canonical JSON.

    The parts are any values that `json` can encode; keys are sorted and floats written in full,
    so equal values give equal digests on every machine and Python version.
    """
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256_hex(canonical.encode())[:DIGITS]

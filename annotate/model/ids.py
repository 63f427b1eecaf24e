"""Deterministic ids that say their kind: the same bytes get the same id on every machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

DIGITS = 16
"""Hex digits kept of a SHA-256: 64 bits, one accidental twin in about 4e9 recordings."""


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
    """The id of the caption that a step key makes for an image."""
    return f"cap_{digest('caption', image, step_key)}"


def digest(*parts: Any) -> str:
    """The first 16 hex digits of the SHA-256 of `parts` as canonical JSON.

    Anything that `json` can write may be a part; keys are sorted and floats written in full,
    so equal values give equal digests on every machine and Python version.
    """
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256_hex(canonical.encode())[:DIGITS]

"""Uploads of recordings as the page makes them, without a page."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx

from annotate.recorder.protocol import consent_sha256
from tests.e2e.studio.server import DEMO

AUDIO = (DEMO / "recordings" / "cat-01.webm").read_bytes()
TRACE = {
    "segments": [[{"x_frac": 0.25, "y_frac": 0.5, "t_ms": 10}]],
    "points": [{"x_frac": 1, "y_frac": 0.5, "t_ms": 20}],
}


CONSENT = {"scope": "public", "statement": "tests-v1", "text": {}}


def meta(**over: Any) -> str:
    agreed = {"scope": "public", "statement": "tests-v1", "sha256": consent_sha256(CONSENT)}
    return json.dumps(
        {
            "client_ms": 70_000,
            "trace": TRACE,
            "prompts": [{"question": "glance", "t_ms": 1000}],
            "recorded_at": "2026-11-01T09:00:00Z",
            "consented_at": "2026-11-01T08:00:00Z",
            "consent": agreed,
            "language": "en",
            "media_type": "audio/webm",
            **over,
        }
    )


def upload(
    client: httpx.Client, of: int, audio: bytes = AUDIO, name: str = "recording", **over: Any
) -> httpx.Response:
    """An upload as the page makes it; `over` replaces fields of the form."""
    headers = over.pop("headers", {})
    form = {
        "task": str(of),
        "sha256": hashlib.sha256(audio).hexdigest(),
        "meta": meta(),
        **over,
    }
    files = {"audio": (name, audio, "audio/webm")}
    return client.post("/annotate/recordings", data=form, files=files, headers=headers)

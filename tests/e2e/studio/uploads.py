"""Uploads of recordings with the requests that the page sends, without a browser."""

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


def meta(**overrides: Any) -> str:
    consent = {"scope": "public", "statement": "tests-v1", "sha256": consent_sha256(CONSENT)}
    return json.dumps(
        {
            "client_ms": 70_000,
            "trace": TRACE,
            "prompts": [{"question": "glance", "t_ms": 1000}],
            "recorded_at": "2026-11-01T09:00:00Z",
            "consented_at": "2026-11-01T08:00:00Z",
            "consent": consent,
            "language": "en",
            "media_type": "audio/webm",
            **overrides,
        }
    )


def upload(
    client: httpx.Client,
    task_id: int,
    audio: bytes = AUDIO,
    name: str = "recording",
    **overrides: Any,
) -> httpx.Response:
    """Upload a recording as the page does; `overrides` replaces fields of the form and headers."""
    headers = overrides.pop("headers", {})
    form = {
        "task": str(task_id),
        "sha256": hashlib.sha256(audio).hexdigest(),
        "meta": meta(),
        **overrides,
    }
    files = {"audio": (name, audio, "audio/webm")}
    return client.post("/annotate/recordings", data=form, files=files, headers=headers)

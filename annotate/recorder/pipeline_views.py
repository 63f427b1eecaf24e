"""Endpoint for the pipeline: the server's own record of a recording."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from annotate.recorder import access
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import send_json
from annotate.recorder.protocol import Json
from annotate.recorder.recording_store import StoredRecording
from annotate.recorder.records import standing
from annotate.recorder.store import recordings

VERSION = 1
"""Version of the response's format."""


def record(request: HttpRequest, recording_id: str) -> HttpResponse:
    """The server's record of a recording, independent of annotations' claims."""
    user = access.pipeline(request)
    stored = recordings().find(recording_id)
    if stored is None or not access.may_read(user, True, stored):
        raise RequestError(404, "no_such_recording", "There is no such recording.")
    return send_json(_record(stored))


def _record(stored: StoredRecording) -> Json:
    first = stored.record
    reference = stored.reference
    claimed = first.get("claimed") or {
        "recorded_at": reference["recorded_at"],
        "consented_at": reference["consent"]["at"],
    }
    now = standing(first, recordings().records.events(reference["recording"]))
    return {
        "version": VERSION,
        **{name: reference[name] for name in ("recording", "sha256", "bytes", "media_type")},
        **{name: first[name] for name in ("user", "organization", "project", "task")},
        "language": reference["language"],
        "client_ms": reference["client_ms"],
        "prompts": reference["prompts"],
        "recorded_at": first.get("recorded_at") or reference["recorded_at"],
        "claimed": claimed,
        **{**now, "consent": {"statement_sha256": None, **now["consent"]}},
    }

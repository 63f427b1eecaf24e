"""The recorder's endpoints for annotators: session, protocol, upload, consent, audio, trace."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from annotate.recorder import access
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import send_bytes, send_json
from annotate.recorder.limits import max_bytes, too_large
from annotate.recorder.media import sniff
from annotate.recorder.protocol import Json, consent_sha256, parse_protocol
from annotate.recorder.rate import Rate
from annotate.recorder.recording_store import Owner, StoredRecording
from annotate.recorder.records import CONSENT, narrower_than, scope_of, standing
from annotate.recorder.roles import Role, role_of
from annotate.recorder.server_time import now
from annotate.recorder.store import recordings
from annotate.recorder.strict_json import loads
from annotate.recorder.upload_metadata import UploadMetadata, parse_metadata

VERSION = 1
"""Version of the format of references."""

STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def session(request: HttpRequest) -> HttpResponse:
    """The logged-in user, and the current CSRF token, which changes with each login."""
    user = access.session_user(request)
    return send_json({"user": user.pk, "csrf": get_token(request)})


def protocol(request: HttpRequest, task_id: int) -> HttpResponse:
    """The protocol of a task, and the annotator's earlier recording of it."""
    user = access.session_user(request)
    task = access.task_for(user, task_id)
    task_protocol = parse_protocol(task.project.label_config)
    earlier = recordings().latest(access.owner(user, task))
    return send_json(
        {
            "task": task.pk,
            "protocol": task_protocol,
            "consent_sha256": consent_sha256(task_protocol["consent"]),
            "max_bytes": max_bytes(),
            "earlier": None if earlier is None else earlier.reference,
        }
    )


def upload(request: HttpRequest) -> HttpResponse:
    """Store a recording: 201 with its reference, or 200 with the existing one's on a repeat."""
    user = access.session_user(request)
    Rate(Path(settings.ANNOTATE_RATES)).count(user.pk)
    task = access.task_for(user, _task_id(request.POST.get("task")))
    task_protocol = parse_protocol(task.project.label_config)
    metadata = parse_metadata(request.POST.get("meta", ""), task_protocol)
    consent = _consent(metadata, task_protocol)
    audio = _audio(request)
    media = sniff(audio)
    sha256 = _check_hash(audio, request.POST.get("sha256", ""))
    owner = access.owner(user, task)
    name = recordings().name(owner, sha256)
    existing = recordings().find(name)
    if existing is not None and recordings().audio(existing) is not None:
        return _uploaded_again(existing, name, owner, consent)
    reference = {
        "version": VERSION,
        "recording": name,
        "sha256": sha256,
        "bytes": len(audio),
        "media_type": media.media_type,
        **_conditions(metadata, task_protocol),
    }
    fields = {
        "trace": metadata.trace,
        "consent": consent,
        "recorded_at": consent["at"],
        "claimed": {"recorded_at": metadata.recorded_at, "consented_at": metadata.consented_at},
    }
    recordings().add(owner, media, audio, reference, fields)
    return send_json(reference, status=201)


def consent(request: HttpRequest, recording_id: str) -> HttpResponse:
    """Narrow or withdraw a consent at the annotator's request; it can't be widened."""
    user = access.session_user(request)
    stored = recordings().find(recording_id)
    if stored is None or stored.record["user"] != user.pk or role_of(user) is Role.STRANGER:
        raise _not_found()
    try:
        body = loads(request.body.decode("utf-8"))
    except ValueError:
        body = None
    scope = body.get("scope") if isinstance(body, dict) else None
    events = recordings().records.events(recording_id)
    held = standing(stored.record, events)["consent"]
    if scope not in narrower_than(scope_of(stored.record, events)):
        raise RequestError(
            400, "bad_scope", "A consent can only be made narrower: name such a scope."
        )
    narrowed = {**held, "scope": scope, "at": now()}
    _note_consent(stored, narrowed)
    return send_json({"consent": narrowed})


def audio(request: HttpRequest, recording_id: str) -> HttpResponse:
    """The audio of a recording, whole or the requested range."""
    stored = _readable(request, recording_id)
    data = recordings().audio(stored)
    if data is None:
        raise _not_found()
    name = f"{recording_id}.{stored.media.suffix}"
    return send_bytes(request, data, stored.media.media_type, name)


def trace(request: HttpRequest, recording_id: str) -> HttpResponse:
    """The pointer's path and clicks during a recording."""
    return send_json(_readable(request, recording_id).record["trace"])


def static(request: HttpRequest, name: str) -> HttpResponse:
    """The page's scripts and styles: the files directly in one folder."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in STATIC_TYPES}
    if name not in files:
        raise RequestError(404, "no_such_file", "There is no such file.")
    data = files[name].read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    if request.META.get("HTTP_IF_NONE_MATCH") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(data, content_type=STATIC_TYPES[files[name].suffix])
    response["ETag"] = etag
    # Modules import each other without versions in their URLs, so caches must revalidate each one;
    # otherwise old and new modules could be mixed.
    response["Cache-Control"] = "no-cache"
    return response


def _task_id(value: str | None) -> int:
    if value is None or not value.isdecimal() or len(value) > 18:
        raise RequestError(400, "bad_task", "Say which task was recorded.")
    return int(value)


def _audio(request: HttpRequest) -> bytes:
    file: Any = request.FILES.get("audio")
    if file is None or file.size == 0:
        raise RequestError(400, "no_audio", "There is no sound in this request.")
    if file.size > max_bytes():
        raise too_large(max_bytes())
    data: bytes = file.read()
    return data


def _check_hash(audio: bytes, declared: str) -> str:
    if not _SHA256.fullmatch(declared):
        raise RequestError(400, "bad_sha256", "Send the SHA-256 of the sound, 64 small hex digits.")
    if hashlib.sha256(audio).hexdigest() != declared:
        message = "The recording was damaged on its way. Send it again."
        raise RequestError(409, "sha256_differs", message)
    return declared


def _consent(metadata: UploadMetadata, task_protocol: Json) -> Json:
    """The consent under which a recording is stored: the one that the protocol requires now.

    Raises:
        RequestError: 409 `consent_changed`, if the user has agreed to another statement.
    """
    held = task_protocol["consent"]
    shown = {
        "scope": held["scope"],
        "statement": held["statement"],
        "sha256": consent_sha256(held),
    }
    if metadata.consent != shown:
        message = "The consent statement has changed. Reload the page, and agree to the new one."
        raise RequestError(409, "consent_changed", message)
    return {
        "scope": shown["scope"],
        "statement": shown["statement"],
        "statement_sha256": shown["sha256"],
        "at": now(),
    }


def _uploaded_again(
    existing: StoredRecording, name: str, owner: Owner, consent: Json
) -> HttpResponse:
    """The response to a repeated upload; a consent to another statement is recorded."""
    current = standing(existing.record, recordings().records.events(name))["consent"]
    # The scope isn't compared: a consent narrowed meanwhile must stay narrow after a repeat.
    if current.get("statement_sha256") != consent["statement_sha256"]:
        _note_consent(existing, consent)
    recordings().make_latest(owner, name)
    return send_json(existing.reference)


def _note_consent(stored: StoredRecording, consent: Json) -> None:
    """Record a consent, and mark the task as changed, so that the pipeline reads it again."""
    from django.utils import timezone
    from tasks.models import Task

    event = {"event": CONSENT, "consent": consent, "at": consent["at"]}
    recordings().records.note(stored.reference["recording"], event)
    Task.objects.filter(pk=stored.record["task"]).update(updated_at=timezone.now())


def _conditions(metadata: UploadMetadata, task_protocol: Json) -> Json:
    """The reference's metadata. An annotation only claims them: it can be written by hand."""
    consent = task_protocol["consent"]
    return {
        "client_ms": metadata.client_ms,
        "prompts": metadata.prompts,
        "recorded_at": metadata.recorded_at,
        "language": task_protocol["language"],
        "consent": {
            "scope": consent["scope"],
            "statement": consent["statement"],
            "at": metadata.consented_at,
        },
    }


def _readable(request: HttpRequest, recording_id: str) -> StoredRecording:
    user, by_token = access.reader(request)
    stored = recordings().find(recording_id)
    if stored is None or not access.may_read(user, by_token, stored):
        raise _not_found()
    return stored


def _not_found() -> RequestError:
    """The error for a recording that doesn't exist or may not be read; the same for both."""
    return RequestError(404, "no_such_recording", "There is no such recording.")

"""The recorder's endpoints."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from annotate.recorder import access
from annotate.recorder.faults import Refusal
from annotate.recorder.kept import Kept, Recordings
from annotate.recorder.limits import Rate, max_bytes, too_large, uploads_per_minute
from annotate.recorder.media import sniff
from annotate.recorder.meta import Meta, parse_meta
from annotate.recorder.protocol import Json, parse_protocol
from annotate.recorder.ranges import parse_range
from annotate.recorder.storage import open_store

VERSION = 1
"""Of the form of references."""

STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_rate = Rate(uploads_per_minute)


def session(request: HttpRequest) -> HttpResponse:
    """Who is logged in, and a CSRF token that holds now: it changes with each login."""
    user = access.session_user(request)
    return _json({"user": user.pk, "csrf": get_token(request)})


def protocol(request: HttpRequest, task_id: int) -> HttpResponse:
    """What is asked of the annotator of a task, and what they recorded of it earlier."""
    user = access.session_user(request)
    task = access.task_for(user, task_id)
    earlier = _recordings().latest(access.owner(user, task))
    return _json(
        {
            "task": task.pk,
            "protocol": parse_protocol(task.project.label_config),
            "max_bytes": max_bytes(),
            "earlier": None if earlier is None else earlier.reference,
        }
    )


def upload(request: HttpRequest) -> HttpResponse:
    """Keep a recording: 201 and its reference, or 200 and the first one's if it is here already."""
    user = access.session_user(request)
    _rate.count(user.pk)
    task = access.task_for(user, _task_id(request.POST.get("task")))
    asked = parse_protocol(task.project.label_config)
    meta = parse_meta(request.POST.get("meta", ""), asked)
    audio = _audio(request)
    media = sniff(audio)
    sha256 = _check_hash(audio, request.POST.get("sha256", ""))
    owner, recordings = access.owner(user, task), _recordings()
    name = recordings.name(owner, sha256)
    there = recordings.find(name)
    if there is not None and recordings.audio(there) is not None:
        recordings.make_latest(owner, name)
        return _json(there.reference)
    reference = {
        "version": VERSION,
        "recording": name,
        "sha256": sha256,
        "bytes": len(audio),
        "media_type": media.media_type,
        **_said(meta, asked),
    }
    recordings.keep(owner, media, audio, reference, meta.trace)
    return _json(reference, status=201)


def audio(request: HttpRequest, recording_id: str) -> HttpResponse:
    """The sound of a recording, whole or the range asked for."""
    kept = _readable(request, recording_id)
    data = _recordings().audio(kept)
    if data is None:
        raise _not_there()
    asked = parse_range(request.META.get("HTTP_RANGE"), len(data))
    start, end = asked or (0, len(data))
    response = HttpResponse(
        data[start:end], content_type=kept.media.media_type, status=200 if asked is None else 206
    )
    if asked is not None:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = f'inline; filename="{recording_id}.{kept.media.suffix}"'
    return _private(response)


def trace(request: HttpRequest, recording_id: str) -> HttpResponse:
    """The pointer's path and clicks during a recording."""
    return _json(_readable(request, recording_id).record["trace"])


def static(request: HttpRequest, name: str) -> HttpResponse:
    """The page's scripts and style: the files of one folder, and nothing below or beside it."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in STATIC_TYPES}
    if name not in files:
        raise Refusal(404, "no_such_file", "There is no such file.")
    data = files[name].read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    if request.META.get("HTTP_IF_NONE_MATCH") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(data, content_type=STATIC_TYPES[files[name].suffix])
    response["ETag"] = etag
    # Modules import one another by plain name, so each is asked for anew: no stale mixture.
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=1)
def _recordings() -> Recordings:
    return Recordings(open_store(settings.ANNOTATE_RECORDINGS), settings.SECRET_KEY)


def _task_id(value: str | None) -> int:
    if value is None or not value.isdecimal() or len(value) > 18:
        raise Refusal(400, "bad_task", "Say which task was recorded.")
    return int(value)


def _audio(request: HttpRequest) -> bytes:
    file: Any = request.FILES.get("audio")
    if file is None or file.size == 0:
        raise Refusal(400, "no_audio", "There is no sound in this request.")
    if file.size > max_bytes():
        raise too_large()
    data: bytes = file.read()
    return data


def _check_hash(audio: bytes, declared: str) -> str:
    if not _SHA256.fullmatch(declared):
        raise Refusal(400, "bad_sha256", "Send the SHA-256 of the sound, 64 small hex digits.")
    if hashlib.sha256(audio).hexdigest() != declared:
        message = "The recording was damaged on its way. Send it again."
        raise Refusal(409, "sha256_differs", message)
    return declared


def _said(meta: Meta, asked: Json) -> Json:
    consent = asked["consent"]
    return {
        "client_ms": meta.client_ms,
        "prompts": meta.prompts,
        "recorded_at": meta.recorded_at,
        "language": asked["language"],
        "consent": {
            "scope": consent["scope"],
            "statement": consent["statement"],
            "at": meta.consented_at,
        },
    }


def _readable(request: HttpRequest, recording_id: str) -> Kept:
    user, by_token = access.reader(request)
    kept = _recordings().find(recording_id)
    if kept is None or not access.may_read(user, by_token, kept):
        raise _not_there()
    return kept


def _not_there() -> Refusal:
    """Says the same of what isn't there and of what isn't yours."""
    return Refusal(404, "no_such_recording", "There is no such recording.")


def _json(body: Json, status: int = 200) -> HttpResponse:
    return _private(JsonResponse(body, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response

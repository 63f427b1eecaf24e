"""Endpoint for reviewers' audio and images: uploaded by the pipeline, named by their SHA-256."""

from __future__ import annotations

import hashlib
import re

from django.http import HttpRequest, HttpResponse

from annotate.recorder import access
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import no_store, send_bytes, send_json
from annotate.recorder.limits import MAX_MEDIA_BYTES, too_large
from annotate.recorder.media import EBML
from annotate.recorder.roles import Role, is_reviewer, role_of
from annotate.recorder.store import store

_NAME = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{3,4})")
TYPES = {
    **{"webm": "audio/webm", "ogg": "audio/ogg", "m4a": "audio/mp4", "mp3": "audio/mpeg"},
    **{"wav": "audio/wav", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"},
}


def media(request: HttpRequest, name: str) -> HttpResponse:
    """One file: read by reviewers, uploaded and deleted by the pipeline."""
    if request.method in ("GET", "HEAD"):
        return _read(request, name)
    user = access.pipeline(request)
    sha256, suffix = _parts(name)
    file = f"media-{user.active_organization_id}-{sha256}.{suffix}"
    if request.method == "DELETE":
        store().remove(file)
        return no_store(HttpResponse(status=204))
    data = request.body
    if len(data) > MAX_MEDIA_BYTES:
        raise too_large(MAX_MEDIA_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise RequestError(409, "sha256_differs", "The file was damaged on its way. Send it again.")
    if not _is_a(suffix, data):
        raise RequestError(415, "not_media", f"The file isn't what .{suffix} says.")
    if store().read(file) == data:
        return send_json({"path": f"/annotate/media/{name}"})
    store().write(file, data)
    return send_json({"path": f"/annotate/media/{name}"}, status=201)


def _read(request: HttpRequest, name: str) -> HttpResponse:
    user, by_token = access.reader(request)
    trusted = role_of(user) in (Role.PIPELINE, Role.OPERATOR)
    data = None
    if trusted or (is_reviewer(user) and not by_token):
        sha256, suffix = _parts(name)
        data = store().read(f"media-{user.active_organization_id}-{sha256}.{suffix}")
    if data is None:
        raise RequestError(404, "no_such_file", "There is no such file.")
    return send_bytes(request, data, TYPES[suffix], name)


def _parts(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    if found is None or found[2] not in TYPES:
        raise RequestError(
            400, "bad_name", "Name it by its SHA-256 and its kind, such as .webm or .jpg."
        )
    return found[1], found[2]


def _is_a(suffix: str, data: bytes) -> bool:
    head = data[:64]
    return {
        "webm": head.startswith(EBML),
        "ogg": head.startswith(b"OggS"),
        "m4a": head[4:8] == b"ftyp",
        "mp3": head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"),
        "wav": head.startswith(b"RIFF") and head[8:12] == b"WAVE",
        "jpg": head.startswith(b"\xff\xd8\xff"),
        "png": head.startswith(b"\x89PNG\r\n\x1a\n"),
        "webp": head.startswith(b"RIFF") and head[8:12] == b"WEBP",
    }[suffix]

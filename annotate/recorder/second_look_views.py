"""Endpoints of second looks: the pipeline polls and uploads recognized words; pages read them."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from annotate.recorder import access
from annotate.recorder.edits import MAX_WORDS_BYTES, parse_words
from annotate.recorder.errors import RequestError
from annotate.recorder.file_response import send_json
from annotate.recorder.limits import too_large
from annotate.recorder.project_kinds import RECORDING, kind_of
from annotate.recorder.protocol import parse_protocol
from annotate.recorder.recording_store import StoredRecording
from annotate.recorder.roles import Role, role_of
from annotate.recorder.second_look_queue import SecondLookQueue, Words
from annotate.recorder.store import recordings, store

MAX_WAIT_SECONDS = 25
"""Maximum duration of the pipeline's long poll."""
EVERY_SECONDS = 0.2
_waiting = threading.BoundedSemaphore(2)
"""Long polls at a time in this process, so that threads remain available for users."""


def wanted(request: HttpRequest) -> HttpResponse:
    """The recordings that pages wait for; with `?wait=SECONDS` as soon as there is one.

    `asked` in the response is whether any project has second looks; if none has, the pipeline
    polls less often.
    """
    user = access.pipeline(request)
    organization = user.active_organization_id
    wait = request.GET.get("wait", "0")
    if not wait.isascii() or not wait.isdecimal() or len(wait) > 6:
        raise RequestError(400, "bad_wait", "wait is a number of seconds.")
    has_second_look = _has_second_look(organization)
    found = _poll(organization, min(int(wait), MAX_WAIT_SECONDS) if has_second_look else 0)
    return send_json({"asked": has_second_look, "wanted": found})


def words(request: HttpRequest, recording_id: str) -> HttpResponse:
    """A recording's words: uploaded by the pipeline, read by it and by the annotator.

    `state` is `ready`, `coming` or, if no recognizer is running, `absent`.
    """
    if request.method == "PUT":
        return _store_words(request, recording_id)
    user, by_token = access.reader(request)
    stored = recordings().find(recording_id)
    if stored is None or not _may_see(user, by_token, stored):
        raise _not_found()
    found = Words(store()).of(recording_id)
    if found is not None:
        # The model's name is only for the pipeline.
        visible = found if by_token else {name: found[name] for name in ("language", "words")}
        return send_json({"state": "ready", **visible})
    organization = stored.record["organization"]
    if by_token or not _project_has_second_look(stored):
        return send_json({"state": "absent"})
    _second_looks().want(organization, recording_id)
    return send_json({"state": "coming" if _second_looks().is_served(organization) else "absent"})


def _store_words(request: HttpRequest, recording_id: str) -> HttpResponse:
    user = access.pipeline(request)
    stored = recordings().find(recording_id)
    if stored is None or not access.may_read(user, True, stored):
        raise _not_found()
    data = request.body
    if len(data) > MAX_WORDS_BYTES:
        raise too_large(MAX_WORDS_BYTES)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError(400, "bad_words", "Send JSON in UTF-8.") from None
    new = Words(store()).add(recording_id, parse_words(text))
    _second_looks().forget(stored.record["organization"], recording_id)
    return send_json({"recording": recording_id, "new": new}, status=201 if new else 200)


def _poll(organization: int, seconds: int) -> list[str]:
    """The requested recordings; waits up to `seconds` for one if a long poll is available."""
    looks = _second_looks()
    looks.served(organization)
    until = time.monotonic() + seconds
    found = looks.wanted(organization)
    if found or not seconds or not _waiting.acquire(blocking=False):
        return found
    try:
        while not found and time.monotonic() < until:
            time.sleep(EVERY_SECONDS)
            found = looks.wanted(organization)
    finally:
        _waiting.release()
    looks.served(organization)
    return found


def _may_see(user: Any, by_token: bool, stored: StoredRecording) -> bool:
    """Whether it is the pipeline or the annotator who made the recording; reviewers may not."""
    if by_token:
        return access.may_read(user, True, stored)
    return bool(user.pk == stored.record["user"]) and role_of(user) is not Role.STRANGER


def _has_second_look(organization: int) -> bool:
    """Whether a recording project of the organisation has second looks."""
    from projects.models import Project

    configs = Project.objects.filter(
        organization_id=organization, label_config__contains="second_look"
    ).values_list("label_config", flat=True)
    return any(_wants(config) for config in configs)


def _project_has_second_look(stored: StoredRecording) -> bool:
    from projects.models import Project

    project = Project.objects.filter(pk=stored.record["project"]).first()
    return project is not None and _wants(project.label_config)


def _wants(config: str) -> bool:
    return kind_of(config) == RECORDING and bool(parse_protocol(config)["second_look"])


def _second_looks() -> SecondLookQueue:
    return SecondLookQueue(Path(settings.ANNOTATE_LOOKS))


def _not_found() -> RequestError:
    return RequestError(404, "no_such_recording", "There is no such recording.")

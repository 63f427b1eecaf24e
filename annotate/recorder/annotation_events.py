"""Follows what becomes of annotations, and notes it in the records of the recordings they hold."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from annotate.recorder.protocol import Json
from annotate.recorder.recordings_in_results import named_recordings
from annotate.recorder.records import ANNOTATED, DELETED, REPLACED
from annotate.recorder.server_time import now
from annotate.recorder.store import recordings

_log = logging.getLogger(__name__)


def connect() -> None:
    """Be notified of every annotation that is saved or deleted in this process."""
    from django.db.models.signals import post_delete, post_save, pre_save
    from tasks.models import Annotation

    for signal, receiver in ((pre_save, _before), (post_save, _saved), (post_delete, _deleted)):
        signal.connect(receiver, sender=Annotation, dispatch_uid=f"annotate-{receiver.__name__}")


def _before(sender: Any, instance: Any, **_: Any) -> None:
    """Remember which recordings the annotation held until now."""
    old = sender.objects.filter(pk=instance.pk).values_list("result", "was_cancelled").first()
    result, cancelled = old or (None, True)
    # A cancelled one holds nothing: when it is taken up again, that is to be noted.
    instance.annotate_held = set() if cancelled else set(named_recordings(result))


def _saved(sender: Any, instance: Any, **_: Any) -> None:
    held: set[str] = getattr(instance, "annotate_held", set())
    holds = set(named_recordings(instance.result)) if not instance.was_cancelled else set()
    for name in holds - held:
        _note(name, {"event": ANNOTATED, **_about(instance)})
    for name in held - holds:
        _note(name, {"event": REPLACED, **_about(instance)})


def _deleted(sender: Any, instance: Any, **_: Any) -> None:
    for name in set(named_recordings(instance.result)):
        _note(name, {"event": DELETED, **_about(instance)})


def _about(annotation: Any) -> Json:
    return {"annotation": annotation.pk, "by": annotation.completed_by_id}


def _note(name: str, event: Json) -> None:
    """Note an event once the database has it: an annotation that is rolled back never was."""
    from django.db import transaction

    if name:
        transaction.on_commit(partial(_write, name, {**event, "at": now()}))


def _write(name: str, event: Json) -> None:
    try:
        recordings().records.note(name, event)
    except KeyError:
        _log.warning("an annotation holds a recording that isn't here")
    except OSError:
        # The listing of annotations gives the pipeline the same; labelling goes on.
        _log.exception("what became of a recording could not be noted")

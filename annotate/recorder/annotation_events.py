"""Signal handlers that write changes of annotations to the records of their recordings."""

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
    """Register the handlers for annotations saved or deleted in this process."""
    from django.db.models.signals import post_delete, post_save, pre_save
    from tasks.models import Annotation

    for signal, receiver in ((pre_save, _before), (post_save, _saved), (post_delete, _deleted)):
        signal.connect(receiver, sender=Annotation, dispatch_uid=f"annotate-{receiver.__name__}")


def _before(sender: Any, instance: Any, **_: Any) -> None:
    """Store the recordings that the annotation contained before the change."""
    old = sender.objects.filter(pk=instance.pk).values_list("result", "was_cancelled").first()
    result, cancelled = old or (None, True)
    # A cancelled annotation counts as empty, so that its resubmission is written as an event.
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
    """Write an event after the transaction is committed, so that none is written on a rollback."""
    from django.db import transaction

    if name:
        transaction.on_commit(partial(_write, name, {**event, "at": now()}))


def _write(name: str, event: Json) -> None:
    try:
        recordings().records.note(name, event)
    except KeyError:
        _log.warning("an annotation holds a recording that isn't here")
    except OSError:
        # Not an error for the annotator: the pipeline also reads the list of annotations.
        _log.exception("what became of a recording could not be noted")

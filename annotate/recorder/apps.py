"""Django app configuration of the add-on."""

from __future__ import annotations

from django.apps import AppConfig


class RecorderConfig(AppConfig):  # type: ignore[misc]
    """Registers the handlers of annotation events and of the next task in each process."""

    name = "annotate.recorder"
    label = "annotate_recorder"

    def ready(self) -> None:
        """Register the handlers; Django calls this when all models are loaded."""
        from annotate.recorder import annotation_events, own_tasks

        annotation_events.connect()
        own_tasks.connect()

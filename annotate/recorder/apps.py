"""The add-on as Django starts it."""

from __future__ import annotations

from django.apps import AppConfig


class RecorderConfig(AppConfig):  # type: ignore[misc]
    """Follows annotations and chooses next tasks from the start of each process."""

    name = "annotate.recorder"
    label = "annotate_recorder"

    def ready(self) -> None:
        """Label Studio's models are there now."""
        from annotate.recorder import annotation_events, own_tasks

        annotation_events.connect()
        own_tasks.connect()

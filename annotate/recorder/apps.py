"""The add-on as Django starts it."""

from __future__ import annotations

from django.apps import AppConfig


class RecorderConfig(AppConfig):  # type: ignore[misc]
    """Follows Label Studio's annotations from the start of each process."""

    name = "annotate.recorder"
    label = "annotate_recorder"

    def ready(self) -> None:
        """Label Studio's models are there now."""
        from annotate.recorder import follow

        follow.connect()

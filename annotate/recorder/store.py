"""The store of this server's recordings, as configured in its settings."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from annotate.recorder.recording_store import Recordings
from annotate.recorder.storage import Store, open_store


@lru_cache(maxsize=1)
def store() -> Store:
    """The configured file store."""
    return open_store(settings.ANNOTATE_RECORDINGS)


@lru_cache(maxsize=1)
def recordings() -> Recordings:
    """The recordings in the configured store."""
    return Recordings(store(), settings.SECRET_KEY)

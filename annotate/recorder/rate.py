"""Rate limit of uploads per user, shared by all processes of a server."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

from annotate.recorder.errors import RequestError

UPLOADS_PER_MINUTE = 30
"""Limit per user; normal use needs one, or a few on a bad network."""
WINDOW_SECONDS = 60


def uploads_per_minute() -> int:
    """Maximum uploads of one user per minute; `ANNOTATE_UPLOADS_PER_MINUTE` sets it."""
    return int(os.environ.get("ANNOTATE_UPLOADS_PER_MINUTE", UPLOADS_PER_MINUTE))


class Rate:
    """Counts each user's uploads of the last minute, in one locked file per user.

    Args:
        folder: On a local disk; the same for all processes of the server.
        clock: Seconds on a monotonic clock shared by all processes of this machine; it restarts
            when the machine boots.
    """

    def __init__(
        self,
        folder: Path,
        per_minute: Callable[[], int] = uploads_per_minute,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._per_minute = per_minute
        self._clock = clock

    def count(self, user: int) -> None:
        """Count one upload of `user`.

        Raises:
            RequestError: 429 `too_many`, if it exceeds the limit; it isn't counted then.
        """
        with self._locked(user) as file:
            now = self._clock()
            seen = [moment for moment in _read(file) if now - WINDOW_SECONDS < moment <= now]
            if len(seen) >= self._per_minute():
                oldest = seen[0] if seen else now
                wait = max(1, round(oldest + WINDOW_SECONDS - now))
                message = f"Too many uploads. Try again in {wait} seconds."
                raise RequestError(429, "too_many", message, retry_after_s=wait)
            os.pwrite(file, json.dumps([*seen, now]).encode().ljust(os.fstat(file).st_size), 0)

    @contextmanager
    def _locked(self, user: int) -> Iterator[int]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"uploads-{user}.json"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            flock(file, LOCK_EX)
            yield file
        finally:
            os.close(file)  # and with it the lock


def _read(file: int) -> list[float]:
    """The upload times in a file; none if a crash has left it incomplete."""
    try:
        seen = json.loads(os.pread(file, os.fstat(file).st_size, 0))
    except ValueError:
        return []
    known = seen if isinstance(seen, list) else []
    return [moment for moment in known if isinstance(moment, int | float)]

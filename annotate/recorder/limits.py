"""How much may arrive: bytes of one request, uploads of one user in a minute."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable

from annotate.recorder.faults import Refusal

MAX_BYTES = 25 * 2**20
"""Of one recording: over an hour of speech at 48 kbit/s, two minutes of WAV."""
MAX_META_BYTES = 8 * 2**20
"""Of what comes with it; nearly all of it is the trace. As much as ingest accepts."""
FORM_BYTES = 64 * 2**10
"""For the form around them."""
UPLOADS_PER_MINUTE = 30
"""Of one user: an honest recorder needs one, and a few when the network is bad."""


def max_bytes() -> int:
    """The most bytes that one recording may have; `ANNOTATE_MAX_BYTES` sets it."""
    return int(os.environ.get("ANNOTATE_MAX_BYTES", MAX_BYTES))


def uploads_per_minute() -> int:
    """The most uploads of one user in a minute; `ANNOTATE_UPLOADS_PER_MINUTE` sets it."""
    return int(os.environ.get("ANNOTATE_UPLOADS_PER_MINUTE", UPLOADS_PER_MINUTE))


def check_length(declared: str | None) -> None:
    """Refuse a body that is too large by what its header says, before any of it is read.

    A server never reads more than `Content-Length`, so a header that lies cuts its own body off.

    Raises:
        Refusal: 400 `length_required`, 413 `too_large`.
    """
    if declared is None or not declared.isdecimal():
        raise Refusal(400, "length_required", "Send a Content-Length.")
    if int(declared) > max_bytes() + MAX_META_BYTES + FORM_BYTES:
        raise too_large()


def too_large() -> Refusal:
    """The refusal of a recording with too many bytes."""
    most = max_bytes() / 2**20
    return Refusal(413, "too_large", f"A recording may have {most:.0f} MB at most.")


class Rate:
    """Counts what each user did in the last minute.

    It counts within one process: a server of N processes allows up to N times as much.
    """

    def __init__(
        self, per_minute: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[int, deque[float]] = {}

    def count(self, user: int) -> None:
        """Count one upload of `user`.

        Raises:
            Refusal: 429 `too_many`, if that is one too many; it isn't counted then.
        """
        with self._lock:
            now = self._clock()
            self._forget(now)
            seen = self._seen.setdefault(user, deque())
            if len(seen) >= self._per_minute():
                wait = max(1, round(seen[0] + 60 - now)) if seen else 60
                message = f"Too many uploads. Try again in {wait} seconds."
                raise Refusal(429, "too_many", message, retry_after_s=wait)
            seen.append(now)

    def _forget(self, now: float) -> None:
        for user, seen in list(self._seen.items()):
            while seen and seen[0] <= now - 60:
                seen.popleft()
            if not seen:
                del self._seen[user]

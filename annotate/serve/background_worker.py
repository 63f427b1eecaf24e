"""A background thread that runs one job on request: one run at a time, requests are merged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from annotate.model.errors import AnnotateError
from annotate.model.unexpected import is_unexpected

LOG = logging.getLogger("annotate.serve")


def is_recoverable(error: BaseException) -> bool:
    """Whether an error ends only the current job and not the program."""
    return isinstance(error, AnnotateError) or is_unexpected(error)


class Worker:
    """Runs `work` on request, and every `every_s` seconds without one.

    The periodic runs compensate for lost webhooks, which are sent only once. Requests made during a
    run cause one more run, because the current one may already have read the data.

    Args:
        work: The job. Its recoverable errors are logged, and the next run tries again.
        every_s: Seconds from the end of a run to the next one without a request.
        settle_s: Seconds to wait after a request, so that several in a row cause one run.
        hurry: Called by `stop`, to make a current run end early.
        patience_s: Seconds that `stop` waits for a current run; None waits without a limit.
    """

    def __init__(
        self,
        work: Callable[[], None],
        *,
        every_s: float,
        settle_s: float = 2.0,
        hurry: Callable[[], None] = lambda: None,
        patience_s: float | None = None,
    ):
        self._work = work
        self._hurry = hurry
        self._patience_s = patience_s
        self._every_s = every_s
        self._settle_s = settle_s
        self._requested = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="annotate-serve")

    def start(self) -> None:
        """Start the thread with an immediate run, for changes made while the program was off."""
        self._requested.set()
        self._thread.start()

    def request(self) -> None:
        """Request a run; returns immediately."""
        self._requested.set()

    def stop(self) -> None:
        """End the thread after a current run, and wait for that up to `patience_s` seconds."""
        self._stopping.set()
        self._requested.set()
        self._hurry()
        self._thread.join(self._patience_s)

    @property
    def working(self) -> bool:
        """Whether the thread was started and hasn't ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            if self._requested.wait(self._every_s):
                self._stopping.wait(self._settle_s)
            if self._stopping.is_set():
                return
            # Cleared before the work, because the work may miss changes requested after its start.
            self._requested.clear()
            try:
                self._work()
            except BaseException as error:  # the next run may succeed
                if not is_recoverable(error):
                    raise
                LOG.error("the run failed: %s", error)
                LOG.debug("where it failed", exc_info=error)

"""One piece of work in the background: never twice at a time, bursts of wishes become one run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from annotate.model.errors import AnnotateError
from annotate.model.unexpected import is_unexpected

LOG = logging.getLogger("annotate.serve")


def may_go_on(error: BaseException) -> bool:
    """Whether an error ends one piece of work and not the program."""
    return isinstance(error, AnnotateError) or is_unexpected(error)


class Worker:
    """Runs `work` when asked to, and every `every_s` seconds even if nobody asks.

    The second makes up for lost webhooks: they are sent once and never again. Wishes that come
    while it works are answered by one more run, because it may have looked before they came.

    Args:
        work: May raise whatever it likes: that is logged, and the next run tries again.
        every_s: Seconds from the end of a run to the next one that nobody asked for.
        settle_s: Seconds to wait after a wish, so that those that come together count as one.
        hurry: Called when it is to end, to have a run at hand end soon.
        patience_s: Seconds that are left to that run; None waits for it however long it takes.
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
        """Begin, with a run at once: much may have happened while nothing ran."""
        self._requested.set()
        self._thread.start()

    def request(self) -> None:
        """Ask for a run; returns at once."""
        self._requested.set()

    def stop(self) -> None:
        """End after the run at hand, if there is one, and wait for that as long as is allowed."""
        self._stopping.set()
        self._requested.set()
        self._hurry()
        self._thread.join(self._patience_s)

    @property
    def working(self) -> bool:
        """Whether it was started and hasn't ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            if self._requested.wait(self._every_s):
                self._stopping.wait(self._settle_s)
            if self._stopping.is_set():
                return
            # Cleared before the work: what is wished from here on isn't covered by it.
            self._requested.clear()
            try:
                self._work()
            except BaseException as error:  # the next run may go well
                if not may_go_on(error):
                    raise
                LOG.error("the run failed: %s", error)
                LOG.debug("where it failed", exc_info=error)

"""Errors: `AnnotateError` ends a command, `RejectedError` and `Rejection` concern one item."""

from __future__ import annotations

from dataclasses import dataclass


class AnnotateError(Exception):
    """An error that the user can fix. The message is one line with the action to take.

    The command line prints the message and exits with `exit_code`, without a traceback.
    """

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One item that a step could not use, and why. It is quarantined and the run continues.

    Attributes:
        item: The rejected item, in the step's own ids (`demo/recordings/a.webm`, `rec_…`).
        reason: A short code in snake case, the same for every item rejected for this cause.
        detail: One sentence for the person who investigates it.
    """

    item: str
    reason: str
    detail: str


class RejectedError(Exception):
    """Raised inside a step to reject the current item; the step converts it to a `Rejection`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def of(self, item: str) -> Rejection:
        """The rejection of `item`, as a row for quarantine."""
        return Rejection(item=item, reason=self.reason, detail=self.detail)

"""The two ways in which work stops: for the user's sake, or for one item's sake."""

from __future__ import annotations

from dataclasses import dataclass


class AnnotateError(Exception):
    """A mistake that the user can mend: one line that says what to do.

    The command line prints the message and exits with `exit_code`, without a traceback.
    """

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One item that a step could not use, and why. It goes to quarantine; the run goes on.

    Attributes:
        item: What was refused, in the step's own ids (`demo/recordings/a.webm`, `rec_…`).
        reason: A short code in snake case, the same for every item refused for this cause.
        detail: One sentence for the person who looks into it.
    """

    item: str
    reason: str
    detail: str


class RejectedError(Exception):
    """Raised deep inside a step to refuse the item at hand; the step makes it a `Rejection`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def of(self, item: str) -> Rejection:
        """The refusal as a row for quarantine."""
        return Rejection(item=item, reason=self.reason, detail=self.detail)

"""Unexpected errors: their detection, their rejection, and the limit that stops a step."""

from __future__ import annotations

import logging

from annotate.model.errors import AnnotateError, Rejection

REASON = "unexpected_error"
"""The reason in quarantine for an item that ended in an unexpected error."""

IN_A_ROW = 100
"""After this many consecutive items that end in the same error at the same line of code, the cause
is unlikely to be in the items, and the step stops."""

LONGEST = 300
"""Length to which an error's message is cut, in characters."""

LOG = logging.getLogger(__name__)


def is_unexpected(error: BaseException) -> bool:
    """Whether an error is a bug in a program or an error of the machine.

    A panic in Rust code, for example in polars, isn't an `Exception` in Python: each library has
    its own class `PanicException`. Exceptions that end a program, such as `KeyboardInterrupt`,
    are not unexpected.
    """
    if isinstance(error, AnnotateError):
        return False
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def described(error: BaseException) -> str:
    """The error's class name and the first line of its message."""
    lines = str(error).strip().splitlines()
    name = type(error).__name__
    return f"{name}: {lines[0][:LONGEST]}" if lines else name


def rejection(item: str, error: BaseException) -> Rejection:
    """The rejection of an item that ended in this error."""
    LOG.debug("%s: %s", REASON, item, exc_info=error)
    return Rejection(
        item=item,
        reason=REASON,
        detail=f"{described(error)}: not the item's fault as far as is known; --retry-refused "
        "tries it again, --debug shows where the error comes from",
    )


class Streak:
    """Counts consecutive items that ended in the same error at the same line of code."""

    def __init__(self) -> None:
        self._like: tuple[type[BaseException], str, int] | None = None
        self._count = 0

    def broken(self) -> None:
        """Reset the count: an item was done, or rejected for another reason."""
        self._count = 0

    def add(self, step: str, error: BaseException) -> None:
        """Count an item that ended in this error.

        Raises:
            AnnotateError: If `IN_A_ROW` consecutive items ended in it.
        """
        like = (type(error), *_raised_at(error))
        self._count = self._count + 1 if like == self._like else 1
        self._like = like
        if self._count >= IN_A_ROW:
            raise AnnotateError(
                f"{step} stops: {self._count} items in a row ended in {described(error)}. They "
                f"are in quarantine as {REASON}; --debug shows where the error comes from. Once "
                "the cause is gone, run again with --retry-refused; without it, the run goes on "
                "with the items that haven't been tried"
            ) from error


def _raised_at(error: BaseException) -> tuple[str, int]:
    """The file and line that raised the error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)

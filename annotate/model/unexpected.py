"""Errors that nobody thought of: which they are, how they are reported, and when to give up."""

from __future__ import annotations

import logging

from annotate.model.errors import AnnotateError, Rejection

REASON = "unexpected_error"
"""The reason in quarantine for an item that ended in an error that nobody thought of."""

IN_A_ROW = 100
"""After so many items that end in the same error at the same place, with nothing done between
them, the cause is hardly in the items: a step stops then."""

LONGEST = 300
"""Characters of an error's message that are kept."""

LOG = logging.getLogger(__name__)


def is_unexpected(error: BaseException) -> bool:
    """Whether an error is a mistake in a program or a fault of the machine.

    A panic in Rust code, polars' for one, isn't an `Exception` in Python: each library has a
    class of its own for it, of the same name. What is meant to end a program isn't either.
    """
    if isinstance(error, AnnotateError):
        return False
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def described(error: BaseException) -> str:
    """The error's name and the first line of what it says."""
    lines = str(error).strip().splitlines()
    name = type(error).__name__
    return f"{name}: {lines[0][:LONGEST]}" if lines else name


def refusal(item: str, error: BaseException) -> Rejection:
    """The refusal of an item that ended in this error."""
    LOG.debug("%s: %s", REASON, item, exc_info=error)
    return Rejection(
        item=item,
        reason=REASON,
        detail=f"{described(error)}: not the item's fault as far as is known; --retry-refused "
        "tries it again, --debug shows where the error comes from",
    )


class Streak:
    """Counts the items in a row that ended in the same error at the same place."""

    def __init__(self) -> None:
        self._like: tuple[type[BaseException], str, int] | None = None
        self._count = 0

    def broken(self) -> None:
        """An item was done, or refused for a reason: the cause isn't in everything."""
        self._count = 0

    def add(self, step: str, error: BaseException) -> None:
        """An item ended in this error.

        Raises:
            AnnotateError: If so many did before it that the cause can hardly be in the items.
        """
        like = (type(error), *_place(error))
        self._count = self._count + 1 if like == self._like else 1
        self._like = like
        if self._count >= IN_A_ROW:
            raise AnnotateError(
                f"{step} stops: {self._count} items in a row ended in {described(error)}. They "
                f"are in quarantine as {REASON}; --debug shows where the error comes from. Once "
                "the cause is gone, run again with --retry-refused; without it, the run goes on "
                "with the items that haven't been tried"
            ) from error


def _place(error: BaseException) -> tuple[str, int]:
    """The file and line that raised the error."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)

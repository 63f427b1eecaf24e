"""Which errors are the machine's or a damaged table's, rather than an item's or a program's."""

from __future__ import annotations

import os
from contextlib import suppress

from polars.exceptions import PolarsError

from annotate.model.errors import AnnotateError
from annotate.store.delta import OPENED
from annotate.store.error_messages import ADVICE, number_of, user_error
from annotate.store.error_messages import EVERYWHERE as THE_MACHINE_S


def of_the_machine(error: BaseException) -> AnnotateError | None:
    """The error as the user sees it, if it is the machine's whatever was being worked on."""
    number = number_of(error)
    if isinstance(error, OSError) and number in THE_MACHINE_S:
        return user_error(f"cannot write {error.filename or 'a file'}", error)
    return None


def of_a_table(error: BaseException) -> AnnotateError | None:
    """The error as the user sees it, if a file of a table that was read is damaged.

    This reads all tables that this process has opened, once, so it is for the worst case.
    """
    message = str(error)
    from_polars = isinstance(error, PolarsError) or type(error).__name__ == "PanicException"
    missing = isinstance(error, FileNotFoundError) and "parquet" in message
    # Arrow's errors of reading are the operating system's without a number.
    from_arrow = isinstance(error, OSError) and error.errno is None
    return find_damage() if from_polars or from_arrow or missing else None


def find_damage() -> AnnotateError | None:
    """Read again every table that this process has read; report the first damaged file."""
    for table in list(OPENED):
        with suppress(AnnotateError):  # opening that table reports it
            snapshot = table.open()
            if snapshot is not None and (damaged := snapshot.damaged()):
                return damaged
    return None


def of_the_system(error: BaseException) -> AnnotateError | None:
    """What a command that ended in this error prints; None for a mistake of ours."""
    if found := of_the_machine(error) or of_a_table(error):
        return found
    if isinstance(error, OSError) and error.filename and error.errno in ADVICE:
        return user_error(f"cannot use {os.fsdecode(error.filename)}", error)
    return None

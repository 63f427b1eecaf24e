"""Diagnosis of errors: those of the machine or of a damaged table concern no single item."""

from __future__ import annotations

import os
from contextlib import suppress

from polars.exceptions import PolarsError

from annotate.model.errors import AnnotateError
from annotate.store.delta import OPENED
from annotate.store.error_messages import ADVICE, number_of, user_error
from annotate.store.error_messages import EVERYWHERE as MACHINE_ERRORS


def of_the_machine(error: BaseException) -> AnnotateError | None:
    """The error for the user, if its cause is the machine, whatever item was processed."""
    number = number_of(error)
    if isinstance(error, OSError) and number in MACHINE_ERRORS:
        return user_error(f"cannot write {error.filename or 'a file'}", error)
    return None


def of_a_table(error: BaseException) -> AnnotateError | None:
    """The error for the user, if a file of a table that was read is damaged.

    This reads all tables that this process has opened, once, so it is slow.
    """
    message = str(error)
    from_polars = isinstance(error, PolarsError) or type(error).__name__ == "PanicException"
    missing = isinstance(error, FileNotFoundError) and "parquet" in message
    # Arrow raises read errors as an `OSError` without a number.
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
    """The error that a command prints; None for a bug in the program."""
    if found := of_the_machine(error) or of_a_table(error):
        return found
    if isinstance(error, OSError) and error.filename and error.errno in ADVICE:
        return user_error(f"cannot use {os.fsdecode(error.filename)}", error)
    return None

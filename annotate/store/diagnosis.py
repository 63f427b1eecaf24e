"""Which errors are the machine's or a damaged table's, rather than an item's or a program's."""

from __future__ import annotations

import os

from polars.exceptions import PolarsError

from annotate.model.errors import AnnotateError
from annotate.store import delta
from annotate.store.faults import ADVICE, number_of, told
from annotate.store.faults import EVERYWHERE as THE_MACHINE_S


def of_the_machine(error: BaseException) -> AnnotateError | None:
    """The error as the user is told it, if it is the machine's whatever was being worked on."""
    number = number_of(error)
    if isinstance(error, OSError) and number in THE_MACHINE_S:
        return told(f"cannot write {error.filename or 'a file'}", error)
    return None


def of_a_table(error: BaseException) -> AnnotateError | None:
    """The error as the user is told it, if a file of a table that was read is damaged.

    This reads all tables that this process has opened, once, so it is for the worst case.
    """
    said = str(error)
    from_polars = isinstance(error, PolarsError) or type(error).__name__ == "PanicException"
    missing = isinstance(error, FileNotFoundError) and "parquet" in said
    return delta.find_damage() if from_polars or missing else None


def of_the_system(error: BaseException) -> AnnotateError | None:
    """What a command that ended in this error tells the user; None for a mistake of ours."""
    if found := of_the_machine(error) or of_a_table(error):
        return found
    if isinstance(error, OSError) and error.filename and error.errno in ADVICE:
        return told(f"cannot use {os.fsdecode(error.filename)}", error)
    return None

"""Schema of the table `claims`: which worker processes which items of which step."""

from __future__ import annotations

import dataframely as dy
import polars as pl


class Claims(dy.Schema):
    """Items claimed by a process, with the time at which the claim expires.

    The newest row of a claim is valid. This is bookkeeping and not a `Table`: when no process is
    running, the rows have no meaning, and two lakes with the same content may differ in them.
    """

    claim = dy.String(primary_key=True)
    step = dy.String()
    worker = dy.String()
    until = dy.Datetime(time_unit="us", time_zone="UTC")
    items = dy.List(dy.Struct({"item": dy.String(), "step_key": dy.String()}))
    written_at = dy.Datetime(time_unit="us", time_zone="UTC")
    commit_version = dy.Int64(nullable=True, min=0)


CLAIMS = "claims"
"""The table's name in the lake."""


def claim_dtypes() -> dict[str, pl.DataType]:
    """The polars types of the table's columns, in order."""
    return {name: column.dtype for name, column in Claims.columns().items()}

"""The table by which many workers share one lake. It says who works on what, not what is known."""

from __future__ import annotations

import dataframely as dy
import polars as pl


class Claims(dy.Schema):
    """Items that a process has taken on, until when nobody else should.

    The newest row of a claim holds. It is bookkeeping and no `Table`: when no process works, its
    rows mean nothing, and two lakes may hold the same and differ in it.
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

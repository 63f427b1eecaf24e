"""Base class of the tables: bookkeeping columns, id patterns, and columns shared by tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dataframely as dy
import polars as pl

STAMPED = ("written_at", "commit_version")
"""Columns with the time and commit at which a row was written."""

BOOKKEEPING = ("step_key", *STAMPED)
"""Columns that the store fills in and that are not part of the content."""

SHA256 = r"^[0-9a-f]{64}$"
RECORDING = r"^rec_[0-9a-f]{16}$"
IMAGE = r"^img_[0-9a-f]{16}$"
CAPTION = r"^cap_[0-9a-f]{16}$"
REASON = r"^[a-z][a-z0-9_]*$"


def one_of(*values: str) -> dy.String:
    """A column with these values. A plain string: Delta Lake's writer rejects polars' enums."""
    return dy.String(check=lambda column: column.is_in(values))


SPAN: dict[str, dy.Column] = {"start_ms": dy.Int64(min=0), "end_ms": dy.Int64(min=0)}
TRACE_POINT: dict[str, dy.Column] = {
    "x_frac": dy.Float64(),
    "y_frac": dy.Float64(),
    "t_ms": dy.Int64(min=0),
}
BOX: dict[str, dy.Column] = {
    name: dy.Float64() for name in ("x0_frac", "y0_frac", "x1_frac", "y1_frac")
}
LINEAGE: dict[str, dy.Column] = {
    "start_char": dy.Int64(min=0),
    "end_char": dy.Int64(min=1),
    "kind": one_of("spoken", "edited", "synthetic"),
    "recording_id": dy.String(nullable=True),
    **{name: dy.Int64(nullable=True) for name in ("word", "start_ms", "end_ms")},
    **{name: dy.Float64(nullable=True) for name in ("x_frac", "y_frac")},
}

JOINING: dict[str, dy.Column] = {
    "space_before": dy.Bool(nullable=True),
    "window": dy.Int64(nullable=True, min=0),
}
"""Whether a blank precedes a word, and its window; null in rows of older lakes."""

CHANGE: dict[str, dy.Column] = {
    "word": dy.Int64(min=0),
    **SPAN,
    "recognized": dy.String(),
    "text": dy.String(),
}
"""An annotator's correction of a word; see `annotate.model.edit.Change`."""

SEGMENT: dict[str, dy.Column] = {
    **SPAN,
    "text": dy.String(),
    "avg_logprob": dy.Float64(),
    "no_speech_prob": dy.Float64(),
    "compression_ratio": dy.Float64(),
    "temperature": dy.Float64(),
}
WORD: dict[str, dy.Column] = {
    "text": dy.String(),
    **SPAN,
    "probability": dy.Float64(),
    "segment": dy.Int64(min=0),
    "interpolated": dy.Bool(),
    **JOINING,
}
TIED_WORD: dict[str, dy.Column] = {
    "text": dy.String(),
    **SPAN,
    "probability": dy.Float64(),
    "x_frac": dy.Float64(nullable=True),
    "y_frac": dy.Float64(nullable=True),
    "tie": one_of("click", "trace", "none"),
    **JOINING,
    "edited": dy.String(nullable=True),
}
PHRASE: dict[str, dy.Column] = {
    "first_word": dy.Int64(min=0),
    "end_word": dy.Int64(min=1),
    "text": dy.String(),
    **SPAN,
    "x_frac": dy.Float64(nullable=True),
    "y_frac": dy.Float64(nullable=True),
    "box": dy.Struct(BOX, nullable=True),
    "tie": one_of("click", "trace", "none"),
    "confidence": dy.Float64(min=0, max=1),
}


class Table(dy.Schema):
    """Columns of every table: the step key and when the row was written.

    `commit_version` is the version of the Delta table's commit that added the row: it alone
    determines which of two rows is newer. Rows older than this column have null. `written_at` is
    wall-clock time and for information only.
    """

    step_key = dy.String()
    written_at = dy.Datetime(time_unit="us", time_zone="UTC")
    commit_version = dy.Int64(nullable=True, min=0)


def table_name(table: type[Table]) -> str:
    """The table's name in the lake."""
    return table.__name__.lower()


def dtypes(table: type[Table]) -> dict[str, pl.DataType]:
    """The polars types of the table's columns, in order."""
    return {name: column.dtype for name, column in table.columns().items()}


def content_frame(table: type[Table], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a frame with the table's columns and types, bookkeeping left out."""
    schema = {name: kind for name, kind in dtypes(table).items() if name not in BOOKKEEPING}
    return pl.DataFrame(list(rows), schema=schema)

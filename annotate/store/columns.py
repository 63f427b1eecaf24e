"""Conversion of column types between polars and Delta Lake, and a Delta table's file list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from deltalake import DeltaTable, Schema


def own_schema(table: DeltaTable) -> pl.Schema:
    """The columns of a table, in polars' types."""
    return pl.Schema(table.schema().to_arrow())


def delta_schema(schema: Mapping[str, pl.DataType]) -> Schema:
    """A Delta Lake schema from columns in polars' types."""
    return Schema.from_arrow(pl.Schema(schema))


def file_sizes(table: DeltaTable) -> dict[str, int]:
    """The names of a table's data files, and their sizes in bytes."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    return dict(actions.select("path", "size_bytes").iter_rows())


def covers(existing: Any, kind: Any) -> bool:
    """Whether a column of the existing type can store `kind`: it has at least all its fields."""
    if isinstance(existing, pl.Struct) and isinstance(kind, pl.Struct):
        fields = {field.name: field.dtype for field in existing.fields}
        return all(covers(fields.get(field.name), field.dtype) for field in kind.fields)
    if isinstance(existing, pl.List) and isinstance(kind, pl.List):
        return covers(existing.inner, kind.inner)
    return bool(existing == kind)

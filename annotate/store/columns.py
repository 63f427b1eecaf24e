"""The columns and files of a Delta table, as polars and Delta Lake each have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from deltalake import DeltaTable, Schema


def own_schema(table: DeltaTable) -> pl.Schema:
    """The columns of a table, in polars' types."""
    return pl.Schema(table.schema().to_arrow())


def delta_schema(schema: Mapping[str, pl.DataType]) -> Schema:
    """Columns in polars' types, as Delta Lake wants them."""
    return Schema.from_arrow(pl.Schema(schema))


def file_sizes(table: DeltaTable) -> dict[str, int]:
    """The names of the files that a table consists of, and their sizes in bytes."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    return dict(actions.select("path", "size_bytes").iter_rows())


def covers(there: Any, kind: Any) -> bool:
    """Whether a column of the one type can hold the other: it has at least all its fields."""
    if isinstance(there, pl.Struct) and isinstance(kind, pl.Struct):
        fields = {field.name: field.dtype for field in there.fields}
        return all(covers(fields.get(field.name), field.dtype) for field in kind.fields)
    if isinstance(there, pl.List) and isinstance(kind, pl.List):
        return covers(there.inner, kind.inner)
    return bool(there == kind)

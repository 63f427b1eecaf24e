"""The clean copy of a released recording: its audio without metadata.

They were made at ingest; here they are made for rows that were written before clean copies of sound
existed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from annotate.media.clean_sound import make_clean_sound
from annotate.model.errors import RejectedError
from annotate.store.lake import Lake

COLUMNS = ("clean_blob", "clean_sha256", "clean_bytes")


def with_clean_sound(lake: Lake, recordings: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The recordings with `sha256`, `blob` and `bytes` of their clean copies.

    Args:
        recordings: With the columns of `Recordings` for the file as received and its clean copy.

    Returns:
        The recordings, and those of which no clean copy can be made, by id, with the reason.
    """
    known = recordings.filter(pl.col("clean_blob").is_not_null())
    made, reasons = [], {}
    for row in recordings.filter(pl.col("clean_blob").is_null()).iter_rows(named=True):
        try:
            made.append(_cleaned(lake, row))
        except RejectedError as error:
            reasons[row["recording_id"]] = error.reason
    frame = pl.DataFrame(made, schema=recordings.schema)
    clean = pl.concat([known, frame]).with_columns(
        sha256="clean_sha256", blob="clean_blob", bytes="clean_bytes"
    )
    return clean.drop(COLUMNS).sort("recording_id"), reasons


def _cleaned(lake: Lake, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **make_clean_sound(lake.blobs, row)}

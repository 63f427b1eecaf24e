"""The clean copy of a released image: upright, with pixels only.

The clean copy was made at ingest, and the table `images` has its path, so the same images give the
same bytes whatever encoder is installed today. It is made here for rows that were written before
clean copies existed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from annotate.media.clean_image import clean_copy
from annotate.model.errors import RejectedError
from annotate.store.lake import Lake

COLUMNS = ("clean_blob", "clean_sha256", "clean_bytes")


def with_clean_copies(lake: Lake, images: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """The images with `sha256`, `blob`, `bytes`, `width` and `height` of their clean copies.

    Args:
        images: With the columns of `Images` for the original and for the clean copy.

    Returns:
        The images, with the original's hash in `original_sha256`; and how many were left out
        because no clean copy can be made of them, by reason.
    """
    images = images.with_columns(original_sha256="sha256")
    known = images.filter(pl.col("clean_blob").is_not_null()).with_columns(
        sha256="clean_sha256", blob="clean_blob", bytes="clean_bytes"
    )
    reasons: Counter[str] = Counter()
    made = []
    for row in images.filter(pl.col("clean_blob").is_null()).iter_rows(named=True):
        try:
            made.append(_cleaned(lake, row))
        except RejectedError as error:
            reasons[error.reason] += 1
    frame = pl.DataFrame(made, schema=images.schema)
    return pl.concat([known, frame]).drop(COLUMNS), reasons


def _cleaned(lake: Lake, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, **asdict(clean_copy(lake.blobs, row))}

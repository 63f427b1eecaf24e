"""Gold images, stored in the lake, since annotators can read a task's data."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from annotate.model.errors import AnnotateError
from annotate.model.ids import image_id
from annotate.model.tables import Gold, content_frame
from annotate.store.lake import Lake

STEP = "assign"


def remember(lake: Lake, hashes: Iterable[str]) -> int:
    """Record the images with these SHA-256 as gold; returns how many were new.

    Raises:
        AnnotateError: If one of them is no SHA-256, or the lake can't be written.
    """
    known = set(lake.current(Gold).select("sha256").collect()["sha256"])
    rows = [{"image_id": image_id(one), "sha256": one} for one in sorted(set(hashes) - known)]
    frame = content_frame(Gold, rows).with_columns(step_key=pl.lit(STEP))
    if not (broken := lake.append(Gold, frame)).is_empty():
        raise AnnotateError(f"no gold image can be {broken['sha256'][0]!r}: not a SHA-256")
    return len(rows)

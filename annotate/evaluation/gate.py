"""Exclusion of captions with unsupported words from review and releases."""

from __future__ import annotations

import polars as pl

from annotate.evaluation.faithfulness import WHY, unsupported_words
from annotate.model.tables import Edits, Narrations, Transcripts
from annotate.store.lake import Lake

REASON = "unsupported_words"
"""Why a caption is rejected or an image left out."""
BATCH = 10_000
"""Captions checked at once, which bounds the memory for their words."""
NAMED = 5
"""The most parts of a caption that a message names."""


def unsupported(lake: Lake, captions: pl.DataFrame) -> pl.DataFrame:
    """The parts of these captions without support in the lake's transcripts and edits.

    Args:
        captions: As for `annotate.evaluation.faithfulness.unsupported_words`.
    """
    found = [_checked(lake, captions.clear())]
    for start in range(0, captions.height, BATCH):
        found.append(_checked(lake, captions.slice(start, BATCH)))
    return pl.concat(found)


def explain(parts: pl.DataFrame) -> dict[str, str]:
    """For each caption a sentence that names its first unsupported parts, by caption id."""
    explained: dict[str, list[str]] = {}
    for caption, text, why in parts.select("caption_id", "text", "why").iter_rows():
        explained.setdefault(caption, []).append(f"{text[:80]!r}: {WHY[why]}")
    return {
        caption: "; ".join(lines[:NAMED]) + _more(len(lines) - NAMED)
        for caption, lines in explained.items()
    }


def _more(count: int) -> str:
    return f"; and {count:,} more" if count > 0 else ""


def _checked(lake: Lake, captions: pl.DataFrame) -> pl.DataFrame:
    named = pl.concat(
        [
            captions.select(recording_id=pl.col("recordings").explode()),
            captions.select(recording_id=pl.col("lineage").explode().struct.field("recording_id")),
        ]
    )
    only = named.drop_nulls().unique()
    transcripts = lake.current(Transcripts, only).select("recording_id", "words").collect()
    narrations = lake.current(Narrations, only).select("recording_id", "image_id", "words")
    edits = lake.current(Edits, only).select("recording_id", "changes").collect()
    return unsupported_words(captions, transcripts, narrations.collect(), edits)

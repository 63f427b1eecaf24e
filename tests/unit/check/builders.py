"""Builders for the tests of checks: recordings with their transcripts, and their verdicts."""

from __future__ import annotations

from typing import Any

import polars as pl

from annotate.check.evaluate import evaluate
from annotate.check.measures import COLUMNS, measure
from annotate.check.thresholds import Thresholds
from annotate.model.tables import Recordings, Transcripts, dtypes
from tests.builders import a_recording, a_transcript, words

TEXT = " ".join(f"word{index}" for index in range(140))
NOT_JOINED: dict[str, Any] = {
    "earlier_copies": 0,
    "first_copy": None,
    "corrected_words": None,
    "edits_lost": None,
}
"""The columns of no table, for a recording without copies and corrections."""
SPEECH = [{"start_ms": 2000, "end_ms": 62_000}]


def joined(name: str = "a", **over: Any) -> dict[str, Any]:
    """A row that `measure` reads: a minute of good speech by default."""
    transcript = a_transcript(
        TEXT, name=name, words=words(TEXT, start_ms=2500, each_ms=420), speech=SPEECH
    )
    row = {**transcript, **a_recording(name), **NOT_JOINED, **over}
    return {column: row[column] for column in COLUMNS}


def as_frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """The rows as a frame, the input of `measure`."""
    kinds = {**dtypes(Transcripts), **dtypes(Recordings)}
    kinds |= dict.fromkeys(NOT_JOINED, pl.Int64()) | {"first_copy": pl.String()}
    return pl.DataFrame(list(rows), schema={column: kinds[column] for column in COLUMNS})


def verdicts(*rows: dict[str, Any], thresholds: Thresholds | None = None) -> pl.DataFrame:
    """The verdicts on these rows."""
    return evaluate(measure(as_frame(*rows)), thresholds or Thresholds())


def verdict(check: str, thresholds: Thresholds | None = None, **over: Any) -> dict[str, Any]:
    """One check's verdict on a good recording with something changed."""
    found = verdicts(joined(**over), thresholds=thresholds).filter(pl.col("check") == check)
    return found.row(0, named=True)

"""What reviewers see of captions, read from the tables for many captions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from annotate.label_studio.review_task import Passage
from annotate.model.errors import RejectedError
from annotate.model.tables import (
    Images,
    Narrations,
    Recordings,
    Table,
    Traces,
    Transcripts,
)
from annotate.store.lake import Lake
from annotate.store.standing import verdicts

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingContext:
    """One recording of a caption, with its transcript, pointer trace and failed checks.

    Attributes:
        words: Of its narration.
        failing: The verdicts that aren't `pass`.
    """

    recording: Row
    transcript: Row | None
    words: Sequence[Row]
    trace: Row | None
    failing: Sequence[Row]

    @property
    def doubts(self) -> list[str]:
        """A line for each check that it didn't pass."""
        return [f"{row['status']}, {row['reason']}: {row['detail']}" for row in self.failing]

    def passages(self, starts_ms: int) -> list[Passage]:
        """The transcript in chunks, on the clock of a sound in which it begins at `starts_ms`."""
        if self.transcript is None:
            return []
        return [
            Passage(
                author=self.recording["annotator_id"],
                text=segment["text"].strip(),
                start_ms=starts_ms + segment["start_ms"],
                end_ms=starts_ms + segment["end_ms"],
            )
            for segment in self.transcript["segments"]
            if segment["text"].strip()
        ]


class ReviewContext:
    """The images and recordings of some captions."""

    def __init__(self, lake: Lake, captions: pl.DataFrame):
        images = captions.select("image_id").unique()
        self._images = {row["image_id"]: row for row in _rows(lake, Images, images)}
        ids = captions.select(recording_id=pl.col("recordings").explode()).drop_nulls().unique()
        by_id = {
            table: {row["recording_id"]: row for row in _rows(lake, table, ids)}
            for table in (Recordings, Transcripts, Narrations, Traces)
        }
        self._recordings, self._transcripts, self._narrations, self._traces = by_id.values()
        self._failing = _failing(lake, ids)

    def image(self, image: str) -> Row:
        """The image's row.

        Raises:
            RejectedError: `unknown_image`, if there is none.
        """
        if image not in self._images:
            raise RejectedError("unknown_image", f"the lake has no image {image}")
        return self._images[image]

    def of_recordings(self, recordings: Sequence[str]) -> list[RecordingContext]:
        """The recordings, in this order.

        Raises:
            RejectedError: `missing_audio`, if one isn't in the lake or there is none.
        """
        if not recordings:
            raise RejectedError("missing_audio", "the caption names no recording")
        if lost := [one for one in recordings if one not in self._recordings]:
            raise RejectedError("missing_audio", f"the lake has no recording {lost[0]}")
        return [
            RecordingContext(
                recording=self._recordings[one],
                transcript=self._transcripts.get(one),
                words=self._narrations.get(one, {}).get("words", []),
                trace=self._traces.get(one),
                failing=self._failing[one],
            )
            for one in recordings
        ]


def _rows(lake: Lake, table: type[Table], only: pl.DataFrame) -> list[Row]:
    return lake.current(table, only).collect().to_dicts()


def _failing(lake: Lake, ids: pl.DataFrame) -> Mapping[str, list[Row]]:
    """Each recording's verdicts that aren't `pass`."""
    failing = verdicts(lake, ids).filter(pl.col("status") != "pass")
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in failing.sort("recording_id", "check").collect().iter_rows(named=True):
        rows[row["recording_id"]].append(row)
    return rows

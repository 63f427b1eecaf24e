"""All that a reviewer is shown of a caption, read from the tables for many captions at once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from annotate.label_studio.offer import Passage, Place
from annotate.model.errors import RejectedError
from annotate.model.tables import (
    Images,
    Narrations,
    Recordings,
    Table,
    Transcripts,
)
from annotate.store.lake import Lake
from annotate.store.standing import verdicts

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One recording of a caption, with what was heard, where it pointed and what is in doubt."""

    recording: Row
    transcript: Row | None
    phrases: Sequence[Row]
    doubts: tuple[str, ...]

    def passages(self, starts_ms: int) -> list[Passage]:
        """What was heard, chunk by chunk, in a sound in which the recording begins there."""
        if self.transcript is None:
            return []
        sure: dict[int, list[float]] = defaultdict(list)
        for word in self.transcript["words"]:
            sure[word["segment"]].append(word["probability"])
        return [
            Passage(
                author=self.recording["annotator_id"],
                text=segment["text"].strip(),
                start_ms=starts_ms + segment["start_ms"],
                end_ms=starts_ms + segment["end_ms"],
                probability=_mean(sure[index], segment["avg_logprob"]),
            )
            for index, segment in enumerate(self.transcript["segments"])
            if segment["text"].strip()
        ]

    def places(self) -> list[Place]:
        """Where it pointed, phrase by phrase."""
        return [
            Place(text=phrase["text"], x_frac=phrase["x_frac"], y_frac=phrase["y_frac"])
            for phrase in self.phrases
            if phrase["tie"] != "none" and phrase["x_frac"] is not None
        ]


class Gathered:
    """The images and recordings of some captions."""

    def __init__(self, lake: Lake, captions: pl.DataFrame):
        images = captions.select("image_id").unique()
        self._images = {row["image_id"]: row for row in _rows(lake, Images, images)}
        ids = captions.select(recording_id=pl.col("recordings").explode()).drop_nulls().unique()
        by_id = {
            table: {row["recording_id"]: row for row in _rows(lake, table, ids)}
            for table in (Recordings, Transcripts, Narrations)
        }
        self._recordings, self._transcripts, self._narrations = by_id.values()
        self._doubts = _doubts(lake, ids)

    def image(self, image: str) -> Row:
        """The image's row.

        Raises:
            RejectedError: `unknown_image`, if there is none.
        """
        if image not in self._images:
            raise RejectedError("unknown_image", f"the lake has no image {image}")
        return self._images[image]

    def told(self, recordings: Sequence[str]) -> list[Told]:
        """The recordings, in this order.

        Raises:
            RejectedError: `missing_audio`, if one isn't in the lake or there is none.
        """
        if not recordings:
            raise RejectedError("missing_audio", "the caption names no recording")
        if lost := [one for one in recordings if one not in self._recordings]:
            raise RejectedError("missing_audio", f"the lake has no recording {lost[0]}")
        return [
            Told(
                recording=self._recordings[one],
                transcript=self._transcripts.get(one),
                phrases=self._narrations.get(one, {}).get("phrases", []),
                doubts=tuple(self._doubts[one]),
            )
            for one in recordings
        ]


def _rows(lake: Lake, table: type[Table], only: pl.DataFrame) -> list[Row]:
    return lake.current(table, only).collect().to_dicts()


def _doubts(lake: Lake, ids: pl.DataFrame) -> Mapping[str, list[str]]:
    """A line for each check that there is and that a recording didn't pass."""
    failing = verdicts(lake, ids).filter(pl.col("status") != "pass")
    lines: dict[str, list[str]] = defaultdict(list)
    for row in failing.sort("recording_id", "check").collect().iter_rows(named=True):
        lines[row["recording_id"]].append(f"{row['status']}, {row['reason']}: {row['detail']}")
    return lines


def _mean(probabilities: Sequence[float], avg_logprob: float) -> float:
    if probabilities:
        return sum(probabilities) / len(probabilities)
    return min(1.0, math.exp(avg_logprob))

"""The check stage: transcripts and recordings to one verdict per recording and check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from annotate.check.evaluate import evaluate
from annotate.check.measures import COLUMNS, measure
from annotate.check.thresholds import Thresholds
from annotate.execution.step import Outcome, Step
from annotate.model.ids import digest
from annotate.model.tables import Narrations, Recordings, Transcripts, Verdicts
from annotate.store.lake import Lake


class Check(Step):
    """Check every recording that has a transcript.

    Args:
        thresholds: The bounds.
    """

    name = "check"
    output = Verdicts
    id_column = "recording_id"
    version = 6
    shard_size = 2048

    def __init__(self, thresholds: Thresholds | None = None):
        self.thresholds = thresholds or Thresholds()

    def parameters(self) -> Mapping[str, Any]:
        """All thresholds."""
        return self.thresholds.model_dump()

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The recordings that have a transcript, with their copies.

        The input key covers the transcript, the recording, its narration if words of it were
        corrected, and which recordings have the same samples, so that a copy that is ingested later
        redoes them and nothing else.
        """
        recordings = lake.current(Recordings).select(
            "recording_id", "pcm_sha256", recording_key="step_key"
        )
        transcripts = lake.current(Transcripts).select("recording_id", transcript_key="step_key")
        corrected = lake.current(Narrations).filter(pl.col("edits_lost").is_not_null())
        edits = corrected.select("recording_id", edits_key="step_key")
        keys = ("transcript_key", "recording_key", "copies_key", "edits_key")
        return (
            find_copies(recordings.collect())
            .lazy()
            .join(transcripts, on="recording_id")
            .join(edits, on="recording_id", how="left")
            .with_columns(pl.col("edits_key").fill_null("no edits"))
            .select(
                "recording_id",
                "earlier_copies",
                "first_copy",
                input_key=pl.concat_str(keys, separator=" "),
            )
            .sort("recording_id")
            .collect()
        )

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Check the whole shard at once."""
        ids = shard.select("recording_id")
        transcripts = lake.current(Transcripts, only=ids).select(
            "recording_id",
            "language",
            "segments",
            "words",
            "speech",
            "speech_dbfs",
            "noise_dbfs",
            "transients_ms",
        )
        frame = (
            shard.lazy()
            .join(lake.current(Recordings, only=ids).drop("language"), on="recording_id")
            .join(transcripts, on="recording_id")
            .join(_corrections(lake, ids), on="recording_id", how="left")
            .select(COLUMNS)
            .collect()
        )
        yield Outcome(
            rows=evaluate(measure(frame), self.thresholds),
            items=frame.height,
            audio_ms=int(frame["duration_ms"].sum()),
        )


def _corrections(lake: Lake, ids: pl.DataFrame) -> pl.LazyFrame:
    """How many words of these recordings were corrected, and how many corrections are lost."""
    is_corrected = pl.element().struct.field("edited").is_not_null()
    return (
        lake.current(Narrations, only=ids)
        .filter(pl.col("edits_lost").is_not_null())
        .select(
            "recording_id",
            "edits_lost",
            corrected_words=pl.col("words").list.eval(is_corrected).list.sum().cast(pl.Int64),
        )
    )


def find_copies(recordings: pl.DataFrame) -> pl.DataFrame:
    """Find for each recording which others have the same samples.

    Args:
        recordings: `recording_id` and `pcm_sha256`, and any other columns.

    Returns:
        The recordings with `earlier_copies`, how many with a smaller id have the same samples;
        `first_copy`, the smallest of them or null; and `copies_key`, which identifies the whole
        set. Ids define the order since they are the same on every machine, unlike times of arrival.
    """
    ordered = recordings.sort("recording_id")
    sets = (
        ordered.group_by("pcm_sha256").agg(ids="recording_id").filter(pl.col("ids").list.len() > 1)
    )
    keys = sets.select(
        "pcm_sha256",
        pl.col("ids").list.first().alias("smallest"),
        pl.Series("copies_key", [digest(*ids) for ids in sets["ids"].to_list()], dtype=pl.String),
    )
    earlier = pl.int_range(pl.len()).over("pcm_sha256")
    return (
        ordered.with_columns(earlier_copies=earlier)
        .join(keys, on="pcm_sha256", how="left")
        .with_columns(
            pl.col("copies_key").fill_null("no copies"),
            first_copy=pl.when(pl.col("earlier_copies") > 0).then("smallest"),
        )
        .drop("smallest")
    )

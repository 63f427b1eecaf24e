"""The align stage: transcripts and traces to narrations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl

from annotate.align.edits import edited, place
from annotate.align.ground_words import tie_words
from annotate.align.options import AlignOptions
from annotate.execution.step import Outcome, Step
from annotate.model.edit import Change
from annotate.model.narration import NarratedWord
from annotate.model.pointer import Trace, TracePoint
from annotate.model.speech import Word, joining
from annotate.model.tables import Edits, Narrations, Recordings, Traces, Transcripts, content_frame
from annotate.store.lake import Lake


class Align(Step):
    """Tie every transcript to its image. A recording without a trace is tied to nothing.

    Args:
        options: How words are tied.
    """

    name = "align"
    version = 2
    output = Narrations
    id_column = "recording_id"

    def __init__(self, options: AlignOptions | None = None):
        self.options = options or AlignOptions()

    def parameters(self) -> Mapping[str, Any]:
        """All options."""
        return self.options.model_dump()

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The recordings that have a transcript, keyed by all that `work` reads of them.

        An annotator's corrections are part of the recording's own key: ingest reads both together.
        """
        key = ("transcript_key", "recording_key", "trace_key")
        transcripts = lake.current(Transcripts).select("recording_id", transcript_key="step_key")
        recordings = lake.current(Recordings).select(
            "recording_id", "image_id", "annotator_id", recording_key="step_key"
        )
        traces = lake.current(Traces).select("recording_id", trace_key="step_key")
        return (
            transcripts.join(recordings, on="recording_id")
            .join(traces, on="recording_id", how="left")
            .with_columns(pl.col("trace_key").fill_null("no trace"))
            .select(
                "recording_id",
                "image_id",
                "annotator_id",
                input_key=pl.concat_str(key, separator=" "),
            )
            .sort("recording_id")
            .collect()
        )

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Tie the recordings of the shard one by one."""
        ids = shard.select("recording_id")
        transcripts = lake.current(Transcripts, only=ids).select(
            "recording_id", "language", "duration_ms", "words"
        )
        traces = lake.current(Traces, only=ids).select("recording_id", "segments", "points")
        edits = lake.current(Edits, only=ids).select("recording_id", "changes")
        read = (
            shard.lazy()
            .select("recording_id", "image_id", "annotator_id")
            .join(transcripts, on="recording_id")
            .join(traces, on="recording_id", how="left")
            .join(edits, on="recording_id", how="left")
            .sort("recording_id")
            .collect()
        )
        for row in read.iter_rows(named=True):
            rows = content_frame(Narrations, [self._narration(row)])
            yield Outcome(rows=rows, audio_ms=row["duration_ms"])

    def _narration(self, row: Mapping[str, Any]) -> dict[str, Any]:
        words = [Word(**joining(word)) for word in row["words"]]
        trace = Trace(
            segments=tuple(
                tuple(TracePoint(**point) for point in segment) for segment in row["segments"] or ()
            ),
            points=tuple(TracePoint(**point) for point in row["points"] or ()),
        )
        tied = tie_words(words, trace, language=row["language"], options=self.options)
        ids = {name: row[name] for name in ("recording_id", "image_id", "annotator_id")}
        return {**ids, **asdict(tied), **_corrected(tied.words, row["changes"] or [])}


def _corrected(words: Sequence[NarratedWord], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """The words with the annotator's corrections, and how many corrections match no word."""
    if not changes:
        return {"edits_lost": None}
    placed = place([Change(**change) for change in changes], words)
    written = [asdict(word) for word in edited(words, placed.texts)]
    return {"words": written, "edits_lost": len(placed.lost)}

"""Transcription of one shard: decode audio, detect speech, cut windows, recognize."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import polars as pl

from annotate.execution.step import Outcome
from annotate.media.audio import AudioBounds
from annotate.model.errors import Rejection
from annotate.model.speech import Word, text_of
from annotate.model.tables import Transcripts, content_frame
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput, RecognizerOutput
from annotate.store.lake import Lake
from annotate.transcribe.preprocessing import Prepared, Source, preprocess
from annotate.transcribe.timestamps import corrected

DECODE_BOUNDS = AudioBounds(max_decode_seconds=600)
"""Recordings in the lake passed tighter bounds at ingest; these catch damage alone."""


def transcribe_shard(
    lake: Lake, shard: pl.DataFrame, recognizer: Recognizer, activity: ActivityOptions
) -> Iterator[Outcome]:
    """Transcribe recordings, decoding the next ones while others are recognized.

    Args:
        shard: `recording_id`, `blob` and `language` of each.
    """
    prepared: dict[str, Prepared] = {}
    rejected: list[Rejection] = []

    def inputs() -> Iterator[RecognizerInput]:
        for ready in preprocess(sources(lake, shard), DECODE_BOUNDS, activity):
            if isinstance(ready, Rejection):
                rejected.append(ready)
                continue
            prepared[ready.input.recording_id] = ready
            yield ready.input

    for output in recognizer.transcribe(inputs()):
        yield _outcome(output, prepared.pop(output.recording_id), recognizer)
        yield from _drain(rejected)
    yield from _drain(rejected)


def sources(lake: Lake, shard: pl.DataFrame) -> Iterator[Source]:
    """The recordings of a shard, each read from the lake when it is decoded."""
    for row in shard.select("recording_id", "blob", "language").iter_rows(named=True):
        yield Source(
            recording_id=row["recording_id"],
            language=row["language"],
            read=partial(lake.blobs.get, row["blob"]),
        )


def words_of(output: RecognizerOutput, prepared: Prepared) -> Sequence[Word]:
    """The words of a recording, with times in order, within its speech and its duration."""
    speech, pauses = prepared.input.speech, prepared.pauses
    return corrected(output.words, speech, pauses, prepared.duration_ms)


def _outcome(output: RecognizerOutput, prepared: Prepared, recognizer: Recognizer) -> Outcome:
    words = words_of(output, prepared)
    row = {
        "recording_id": output.recording_id,
        "engine": recognizer.engine,
        "model": recognizer.model,
        "model_sha256": recognizer.model_sha256,
        "options": json.dumps(recognizer.options(), sort_keys=True),
        "language": output.language,
        "duration_ms": prepared.duration_ms,
        "text": text_of(words),
        "segments": [asdict(segment) for segment in output.segments],
        "words": [asdict(word) for word in words],
        "speech": [asdict(span) for span in prepared.input.speech],
        "speech_dbfs": prepared.speech_dbfs,
        "noise_dbfs": prepared.noise_dbfs,
        "transients_ms": list(prepared.transients_ms),
    }
    return Outcome(rows=content_frame(Transcripts, [row]), audio_ms=prepared.duration_ms)


def _drain(rejected: list[Rejection]) -> Iterator[Outcome]:
    while rejected:
        yield Outcome(rejected=(rejected.pop(),))

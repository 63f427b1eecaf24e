"""One shard of recordings to transcripts: decode, find speech, cut, recognize, tidy the clock."""

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
from annotate.recognizers.recognizer import Heard, Speech, Transcriber
from annotate.store.lake import Lake
from annotate.transcribe.preprocessing import Prepared, Source, feed
from annotate.transcribe.timestamps import tidy, within_speech

DECODE_BOUNDS = AudioBounds(max_decode_seconds=600)
"""A recording in the lake came through tighter bounds; here only damage is looked for."""


def transcribe_shard(
    lake: Lake, shard: pl.DataFrame, transcriber: Transcriber, activity: ActivityOptions
) -> Iterator[Outcome]:
    """Transcribe recordings, decoding the next ones while others are recognized.

    Args:
        shard: `recording_id`, `blob` and `language` of each.
    """
    under_way: dict[str, Prepared] = {}
    refused: list[Rejection] = []

    def speeches() -> Iterator[Speech]:
        for ready in feed(_sources(lake, shard), DECODE_BOUNDS, activity):
            if isinstance(ready, Rejection):
                refused.append(ready)
                continue
            under_way[ready.speech.recording_id] = ready
            yield ready.speech

    for heard in transcriber.transcribe(speeches()):
        yield _outcome(heard, under_way.pop(heard.recording_id), transcriber)
        yield from _drain(refused)
    yield from _drain(refused)


def _sources(lake: Lake, shard: pl.DataFrame) -> Iterator[Source]:
    for row in shard.select("recording_id", "blob", "language").iter_rows(named=True):
        yield Source(
            recording_id=row["recording_id"],
            language=row["language"],
            read=partial(lake.blobs.get, row["blob"]),
        )


def words_of(heard: Heard, prepared: Prepared) -> Sequence[Word]:
    """The words of a recording with times in order, within its speech and its length."""
    return tidy(within_speech(heard.words, prepared.speech.spans), prepared.duration_ms)


def _outcome(heard: Heard, prepared: Prepared, transcriber: Transcriber) -> Outcome:
    words = words_of(heard, prepared)
    row = {
        "recording_id": heard.recording_id,
        "engine": transcriber.engine,
        "model": transcriber.model,
        "model_sha256": transcriber.model_sha256,
        "options": json.dumps(transcriber.options(), sort_keys=True),
        "language": heard.language,
        "duration_ms": prepared.duration_ms,
        "text": text_of(words),
        "segments": [asdict(segment) for segment in heard.segments],
        "words": [asdict(word) for word in words],
        "speech": [asdict(span) for span in prepared.speech.spans],
        "speech_dbfs": prepared.speech_dbfs,
        "noise_dbfs": prepared.noise_dbfs,
        "transients_ms": list(prepared.transients_ms),
    }
    return Outcome(rows=content_frame(Transcripts, [row]), audio_ms=prepared.duration_ms)


def _drain(refused: list[Rejection]) -> Iterator[Outcome]:
    while refused:
        yield Outcome(rejected=(refused.pop(),))

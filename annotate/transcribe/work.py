"""One shard of recordings to transcripts: decode, find speech, cut, recognize, tidy the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import polars as pl

from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.speech import Span
from annotate.model.tables import Transcripts, content_frame
from annotate.store.audio import AudioBounds, decode
from annotate.store.lake import Lake
from annotate.store.step import Outcome
from annotate.transcribe.activity import levels_dbfs, speech_spans
from annotate.transcribe.clock import tidy
from annotate.transcribe.options import ActivityOptions
from annotate.transcribe.port import Heard, Speech, Transcriber
from annotate.transcribe.prefetch import prefetch
from annotate.transcribe.windows import windows

DECODE_BOUNDS = AudioBounds(max_decode_seconds=600)
"""A recording in the lake came through tighter bounds; here only damage is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A recording on its way to the recognizer, with what is measured before it gets there."""

    speech: Speech
    found: tuple[Span, ...]
    speech_dbfs: float | None
    noise_dbfs: float | None
    duration_ms: int


def transcribe_shard(
    lake: Lake, shard: pl.DataFrame, transcriber: Transcriber, activity: ActivityOptions
) -> Iterator[Outcome]:
    """Transcribe recordings, decoding the next ones while one is recognized.

    Args:
        shard: `recording_id`, `blob` and `language` of each.
    """
    under_way: dict[str, _Prepared] = {}
    refused: list[Rejection] = []

    def feed() -> Iterator[Speech]:
        prepare = partial(_prepare, lake, activity)
        for ready in prefetch(prepare, shard.to_dicts(), threads=2, ahead=8):
            if isinstance(ready, Rejection):
                refused.append(ready)
                continue
            under_way[ready.speech.recording_id] = ready
            yield ready.speech

    for heard in transcriber.transcribe(feed()):
        yield _outcome(heard, under_way.pop(heard.recording_id), transcriber)
        yield from _drain(refused)
    yield from _drain(refused)


def _prepare(
    lake: Lake, activity: ActivityOptions, row: Mapping[str, Any]
) -> _Prepared | Rejection:
    recording = row["recording_id"]
    try:
        pcm = decode(lake.blobs.get(row["blob"]), DECODE_BOUNDS)
    except RejectedError as refusal:
        return refusal.of(recording)
    except AnnotateError as error:
        return Rejection(item=recording, reason="missing_audio", detail=str(error))
    found = speech_spans(pcm.samples, activity)
    speech_dbfs, noise_dbfs = levels_dbfs(pcm.samples, found)
    speech = Speech(
        recording_id=recording,
        samples=pcm.samples,
        windows=windows(found, pcm.duration_ms),
        language=row["language"],
    )
    return _Prepared(
        speech=speech,
        found=found,
        speech_dbfs=speech_dbfs,
        noise_dbfs=noise_dbfs,
        duration_ms=pcm.duration_ms,
    )


def _outcome(heard: Heard, prepared: _Prepared, transcriber: Transcriber) -> Outcome:
    words = tidy(heard.words, prepared.duration_ms)
    row = {
        "recording_id": heard.recording_id,
        "engine": transcriber.engine,
        "model": transcriber.model,
        "model_sha256": transcriber.model_sha256,
        "options": json.dumps(transcriber.options(), sort_keys=True),
        "language": heard.language,
        "duration_ms": prepared.duration_ms,
        "text": " ".join(word.text for word in words),
        "segments": [asdict(segment) for segment in heard.segments],
        "words": [asdict(word) for word in words],
        "speech": [asdict(span) for span in prepared.found],
        "speech_dbfs": prepared.speech_dbfs,
        "noise_dbfs": prepared.noise_dbfs,
    }
    return Outcome(rows=content_frame(Transcripts, [row]), audio_ms=prepared.duration_ms)


def _drain(refused: list[Rejection]) -> Iterator[Outcome]:
    while refused:
        yield Outcome(rejected=(refused.pop(),))

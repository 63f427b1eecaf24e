"""Recordings to transcripts: decode, find speech, cut into windows, recognize, tidy the clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import polars as pl
from pydantic import BaseModel

from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.speech import Span
from annotate.model.tables import Recordings, Transcripts, content_frame
from annotate.store.audio import AudioBounds, decode
from annotate.store.lake import Lake
from annotate.store.step import Outcome, Step
from annotate.transcribe.activity import ActivityOptions, levels_dbfs, speech_spans
from annotate.transcribe.clock import tidy
from annotate.transcribe.models import Checkpoint, find
from annotate.transcribe.port import Heard, Speech, Transcriber
from annotate.transcribe.prefetch import prefetch
from annotate.transcribe.stock import DecodingOptions, StockWhisper
from annotate.transcribe.windows import windows


class TranscribeOptions(BaseModel, frozen=True):
    """Which recognizer, how it decodes, and what counts as speech."""

    model: str = "demo"
    device: str = "auto"
    decoding: DecodingOptions = DecodingOptions()
    activity: ActivityOptions = ActivityOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A recording on its way to the recognizer, with what is measured before it gets there."""

    speech: Speech
    found: tuple[Span, ...]
    speech_dbfs: float | None
    noise_dbfs: float | None
    duration_ms: int


Engine = Callable[[Checkpoint, TranscribeOptions], Transcriber]


def stock(checkpoint: Checkpoint, options: TranscribeOptions) -> Transcriber:
    """openai-whisper's own transcription."""
    return StockWhisper(checkpoint, options.device, options.decoding)


class Transcribe(Step):
    """Transcribe what hasn't been transcribed with these weights and options.

    Args:
        options: The recognizer and its settings.
        engine: Makes the transcriber; called when there is something to transcribe.
    """

    name = "transcribe"
    output = Transcripts
    id_column = "recording_id"

    def __init__(self, options: TranscribeOptions, engine: Engine = stock):
        self.options = options
        self._engine = engine

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The weights on disk; hashed, not loaded."""
        return find(self.options.model)

    @cached_property
    def transcriber(self) -> Transcriber:
        """The engine with its weights loaded."""
        return self._engine(self.checkpoint, self.options)

    def parameters(self) -> Mapping[str, Any]:
        """The weights' hash and every option; not the device, which must not matter."""
        plain = self.options.model_dump(mode="json", exclude={"device", "model"})
        return {**plain, "engine": self._engine.__name__, "model_sha256": self.checkpoint.sha256}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        """Every recording; only its audio, which its id names, and its language matter."""
        rows = lake.current(Recordings).select(
            "recording_id", "blob", "language", input_key=pl.col("language").fill_null("")
        )
        return rows.sort("recording_id").collect()

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Transcribe a shard. A recording that can't be read is refused; the others go on."""
        under_way: dict[str, _Prepared] = {}
        refused: list[Rejection] = []

        def prepare(row: dict[str, Any]) -> _Prepared | Rejection:
            return self._prepare(lake, row)

        def feed() -> Iterator[Speech]:
            rows = shard.to_dicts()
            for ready in prefetch(prepare, rows, threads=2, ahead=8):
                if isinstance(ready, Rejection):
                    refused.append(ready)
                    continue
                under_way[ready.speech.recording_id] = ready
                yield ready.speech

        for heard in self.transcriber.transcribe(feed()):
            yield self._outcome(heard, under_way.pop(heard.recording_id))
            yield from _drain(refused)
        yield from _drain(refused)

    def _prepare(self, lake: Lake, row: Mapping[str, Any]) -> _Prepared | Rejection:
        recording = row["recording_id"]
        try:
            # It came through the bounds when it was taken in; here only damage is looked for.
            pcm = decode(lake.blobs.get(row["blob"]), AudioBounds(max_decode_seconds=600))
        except RejectedError as refusal:
            return refusal.of(recording)
        except AnnotateError as error:
            return Rejection(item=recording, reason="missing_audio", detail=str(error))
        found = speech_spans(pcm.samples, self.options.activity)
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

    def _outcome(self, heard: Heard, prepared: _Prepared) -> Outcome:
        transcriber = self.transcriber
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

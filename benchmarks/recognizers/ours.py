"""Engines behind the pipeline's own port, fed the way the pipeline feeds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import annotate.demo_model
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.ids import recording_id, sha256_hex
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import ActivityOptions, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput
from annotate.transcribe.preprocessing import Prepared, Source, preprocess
from annotate.transcribe.timestamps import tidy
from benchmarks.recognizers.engine_task import Clip, ClipTranscript, Engine, EngineTask


def annotate(job: EngineTask) -> Engine:
    """The batched engine, 30 s windows of several recordings at a time."""
    from annotate.recognizers import engines

    options = TranscribeOptions(model=job.model, device=job.device, decoding=job.decoding)
    return _engine(engines.make(options, find(job.model)), job)


def stock_windows(job: EngineTask) -> Engine:
    """openai-whisper on the same windows of speech."""
    from annotate.recognizers.openai_whisper import OpenAIWhisper

    return _engine(OpenAIWhisper(find(job.model), job.device, job.decoding), job)


def faster_whisper_windows(job: EngineTask) -> Engine:
    """faster-whisper on the same windows of speech."""
    from annotate.recognizers.faster_whisper import FasterWhisper

    model, device = find(job.model), job.device
    return _engine(FasterWhisper(model, device, job.decoding, threads=job.threads), job)


def _engine(transcriber: Recognizer, job: EngineTask) -> Engine:
    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        names: dict[str, str] = {}
        under_way: dict[str, Prepared] = {}

        def speeches() -> Iterator[RecognizerInput]:
            for ready in preprocess(_sources(clips, job, names), AudioBounds(), ActivityOptions()):
                if isinstance(ready, Rejection):
                    raise AnnotateError(f"{names[ready.item]}: {ready.reason}: {ready.detail}")
                under_way[ready.input.recording_id] = ready
                yield ready.input

        for heard in transcriber.transcribe(speeches()):
            prepared = under_way.pop(heard.recording_id)
            words = tidy(heard.words, prepared.duration_ms)
            yield ClipTranscript(
                name=names[heard.recording_id],
                words=tuple((word.text, word.start_ms, word.end_ms) for word in words),
                windows=len(prepared.input.windows),
            )

    return Engine(run=run, settings={"engine": transcriber.engine, **transcriber.options()})


def _sources(clips: Iterable[Clip], job: EngineTask, names: dict[str, str]) -> Iterator[Source]:
    """What the pipeline is given; which clip stands behind an id is noted in `names`."""
    for clip in clips:
        recording = recording_id(sha256_hex(clip.name.encode()))
        names[recording] = clip.name
        yield Source(recording_id=recording, language=job.language, read=clip.path.read_bytes)

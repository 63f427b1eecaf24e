"""Engines behind the project's recognizer interface, with the pipeline's preprocessing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import annotate.demo_model
from annotate.media.audio import AudioBounds
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.ids import recording_id, sha256_hex
from annotate.recognizers.checkpoints import find
from annotate.recognizers.options import ActivityOptions, TranscribeOptions
from annotate.recognizers.recognizer import Recognizer, RecognizerInput
from annotate.transcribe.preprocessing import Prepared, Source, preprocess
from annotate.transcribe.transcribe_shard import words_of
from benchmarks.recognizers.engine_task import Clip, ClipTranscript, Engine, EngineTask


def annotate(task: EngineTask) -> Engine:
    """The batched engine, 30 s windows of several recordings at a time."""
    from annotate.recognizers import engines

    options = TranscribeOptions(model=task.model, device=task.device, decoding=task.decoding)
    return _engine(engines.make(options, find(task.model)), task)


def stock_windows(task: EngineTask) -> Engine:
    """openai-whisper on the same windows of speech."""
    from annotate.recognizers.openai_whisper import OpenAIWhisper

    return _engine(OpenAIWhisper(find(task.model), task.device, task.decoding), task)


def faster_whisper_windows(task: EngineTask) -> Engine:
    """faster-whisper on the same windows of speech."""
    from annotate.recognizers.faster_whisper import FasterWhisper

    model, device = find(task.model), task.device
    return _engine(FasterWhisper(model, device, task.decoding, threads=task.threads), task)


def _engine(recognizer: Recognizer, task: EngineTask) -> Engine:
    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        names: dict[str, str] = {}
        pending: dict[str, Prepared] = {}

        def inputs() -> Iterator[RecognizerInput]:
            for item in preprocess(_sources(clips, task, names), AudioBounds(), ActivityOptions()):
                if isinstance(item, Rejection):
                    raise AnnotateError(f"{names[item.item]}: {item.reason}: {item.detail}")
                pending[item.input.recording_id] = item
                # A word longer than any can be has its window decoded again, as words were skipped
                # there. With random weights most words are; without spans of speech none is.
                yield replace(item.input, speech=()) if task.random_weights else item.input

        for result in recognizer.transcribe(inputs()):
            prepared = pending.pop(result.recording_id)
            words = words_of(result, prepared)
            yield ClipTranscript(
                name=names[result.recording_id],
                words=tuple((word.text, word.start_ms, word.end_ms) for word in words),
                windows=len(prepared.input.windows),
            )

    return Engine(run=run, settings={"engine": recognizer.engine, **recognizer.options()})


def _sources(clips: Iterable[Clip], task: EngineTask, names: dict[str, str]) -> Iterator[Source]:
    """The pipeline's input; adds each recording id with its clip's name to `names`."""
    for clip in clips:
        recording = recording_id(sha256_hex(clip.name.encode()))
        names[recording] = clip.name
        yield Source(recording_id=recording, language=task.language, read=clip.path.read_bytes)

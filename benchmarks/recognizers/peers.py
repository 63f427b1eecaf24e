"""openai-whisper and faster-whisper, used as documented, on whole recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import annotate.demo_model  # noqa: F401 - registers the demo's checkpoint for `find`
from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import find
from benchmarks.recognizers.engine_task import (
    Clip,
    ClipTranscript,
    Engine,
    EngineTask,
    decode_ahead,
    in_ms,
)


def stock(task: EngineTask) -> Engine:
    """`whisper.transcribe`, one recording after another."""
    import whisper

    from annotate.recognizers.loading import load

    network = load(find(task.model), task.device).network
    settings: dict[str, Any] = {**_decoding(task), "word_timestamps": True}

    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        for name, samples in decode_ahead(clips):
            result = whisper.transcribe(
                network,
                samples,
                language=task.language,
                logprob_threshold=task.decoding.logprob_threshold,
                fp16=task.device == "cuda",
                verbose=None,
                **settings,
            )
            segments = result["segments"]
            yield ClipTranscript(
                name=name,
                words=tuple(
                    (word["word"].strip(), in_ms(word["start"]), in_ms(word["end"]))
                    for segment in segments
                    for word in segment["words"]
                ),
                tokens=sum(len(segment["tokens"]) for segment in segments),
                windows=len({segment["seek"] for segment in segments}),
            )

    return Engine(run=run, settings=settings | {"whisper": whisper.__version__})


def faster_whisper(task: EngineTask) -> Engine:
    """`WhisperModel.transcribe`, one recording after another."""
    model, versions = _load_faster_whisper(task, _full_precision(task))
    return _sequential(task, model, versions)


def faster_whisper_int8(task: EngineTask) -> Engine:
    """The same with 8-bit weights."""
    model, versions = _load_faster_whisper(task, _int8(task))
    return _sequential(task, model, versions)


def faster_whisper_batched(task: EngineTask) -> Engine:
    """`BatchedInferencePipeline.transcribe`: several windows of one recording at a time."""
    model, versions = _load_faster_whisper(task, _full_precision(task))
    return _batched(task, model, versions)


def faster_whisper_batched_int8(task: EngineTask) -> Engine:
    """The same with 8-bit weights."""
    model, versions = _load_faster_whisper(task, _int8(task))
    return _batched(task, model, versions)


def _full_precision(task: EngineTask) -> str:
    return "float16" if task.device == "cuda" else "float32"


def _int8(task: EngineTask) -> str:
    return "int8_float16" if task.device == "cuda" else "int8"


def _decoding(task: EngineTask) -> dict[str, Any]:
    """The decoding options with the same names in openai-whisper and faster-whisper."""
    return {
        "temperature": task.temperatures,
        "compression_ratio_threshold": task.decoding.compression_ratio_threshold,
        "no_speech_threshold": task.decoding.no_speech_threshold,
        "condition_on_previous_text": False,
    }


def _load_faster_whisper(task: EngineTask, compute_type: str) -> tuple[Any, dict[str, Any]]:
    import ctranslate2
    from faster_whisper import WhisperModel
    from faster_whisper import __version__ as version

    if not task.converted:
        raise AnnotateError("the weights can't be converted to CTranslate2's format: see above")
    model = WhisperModel(
        task.converted,
        device=task.device,
        compute_type=compute_type,
        cpu_threads=task.threads,
    )
    versions = {"compute_type": model.model.compute_type, "faster_whisper": version}
    return model, versions | {"ctranslate2": ctranslate2.__version__}


def _sequential(task: EngineTask, model: Any, versions: dict[str, Any]) -> Engine:
    settings = {
        **_decoding(task),
        "log_prob_threshold": task.decoding.logprob_threshold,
        "beam_size": 1,
        "best_of": 1,
        "word_timestamps": True,
        "vad_filter": False,
    }
    return _engine(model, task, settings, versions)


def _batched(task: EngineTask, model: Any, versions: dict[str, Any]) -> Engine:
    from faster_whisper import BatchedInferencePipeline

    settings = {
        "temperature": task.temperatures[0],  # it accepts one only, so no fallback
        "beam_size": 1,
        "word_timestamps": True,
        "vad_filter": True,
        "without_timestamps": False,  # the same prompt as the other engines
        "batch_size": task.batch_size,
    }
    return _engine(BatchedInferencePipeline(model), task, settings, versions)


def _engine(
    model: Any, task: EngineTask, settings: dict[str, Any], versions: dict[str, Any]
) -> Engine:
    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        for name, samples in decode_ahead(clips):
            generator, _ = model.transcribe(samples, language=task.language, **settings)
            segments = list(generator)
            yield ClipTranscript(
                name=name,
                words=tuple(
                    (word.word.strip(), in_ms(word.start), in_ms(word.end))
                    for segment in segments
                    for word in segment.words or ()
                ),
                tokens=sum(len(segment.tokens) for segment in segments),
                windows=len({segment.seek for segment in segments}),
            )

    return Engine(run=run, settings=settings | versions)

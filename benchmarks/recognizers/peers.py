"""What you would use instead, each as its own documentation says, on whole recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import annotate.demo_model  # noqa: F401 - `find` knows the demo's checkpoint
from annotate.model.errors import AnnotateError
from annotate.recognizers.checkpoints import find
from benchmarks.recognizers.engine_task import (
    Clip,
    ClipTranscript,
    Engine,
    EngineTask,
    decoded,
    in_ms,
)


def stock(job: EngineTask) -> Engine:
    """`whisper.transcribe`, one recording after the other."""
    import whisper

    from annotate.recognizers.loading import load

    network = load(find(job.model), job.device)
    settings: dict[str, Any] = {**_decoding(job), "word_timestamps": True}

    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        for name, samples in decoded(clips):
            result = whisper.transcribe(
                network,
                samples,
                language=job.language,
                logprob_threshold=job.decoding.logprob_threshold,
                fp16=job.device == "cuda",
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


def faster_whisper(job: EngineTask) -> Engine:
    """`WhisperModel.transcribe`, one recording after the other."""
    model, about = _faster_model(job, _wide(job))
    return _faster(job, model, about)


def faster_whisper_int8(job: EngineTask) -> Engine:
    """The same with 8-bit weights."""
    model, about = _faster_model(job, _narrow(job))
    return _faster(job, model, about)


def faster_whisper_batched(job: EngineTask) -> Engine:
    """`BatchedInferencePipeline.transcribe`: several windows of one recording at a time."""
    model, about = _faster_model(job, _wide(job))
    return _batched(job, model, about)


def faster_whisper_batched_int8(job: EngineTask) -> Engine:
    """The same with 8-bit weights."""
    model, about = _faster_model(job, _narrow(job))
    return _batched(job, model, about)


def _wide(job: EngineTask) -> str:
    return "float16" if job.device == "cuda" else "float32"


def _narrow(job: EngineTask) -> str:
    return "int8_float16" if job.device == "cuda" else "int8"


def _decoding(job: EngineTask) -> dict[str, Any]:
    """What openai-whisper and faster-whisper call by the same names."""
    return {
        "temperature": job.temperatures,
        "compression_ratio_threshold": job.decoding.compression_ratio_threshold,
        "no_speech_threshold": job.decoding.no_speech_threshold,
        "condition_on_previous_text": False,
    }


def _faster_model(job: EngineTask, compute_type: str) -> tuple[Any, dict[str, Any]]:
    import ctranslate2
    from faster_whisper import WhisperModel
    from faster_whisper import __version__ as version

    if not job.converted:
        raise AnnotateError("the weights can't be converted to CTranslate2's format: see above")
    model = WhisperModel(
        job.converted,
        device=job.device,
        compute_type=compute_type,
        cpu_threads=job.threads,
    )
    about = {"compute_type": model.model.compute_type, "faster_whisper": version}
    return model, about | {"ctranslate2": ctranslate2.__version__}


def _faster(job: EngineTask, model: Any, about: dict[str, Any]) -> Engine:
    settings = {
        **_decoding(job),
        "log_prob_threshold": job.decoding.logprob_threshold,
        "beam_size": 1,
        "best_of": 1,
        "word_timestamps": True,
        "vad_filter": False,
    }
    return _engine(model, job, settings, about)


def _batched(job: EngineTask, model: Any, about: dict[str, Any]) -> Engine:
    from faster_whisper import BatchedInferencePipeline

    settings = {
        "temperature": job.temperatures[0],  # it takes no second one: it never tries again
        "beam_size": 1,
        "word_timestamps": True,
        "vad_filter": True,
        "without_timestamps": False,  # the same prompt as the others'
        "batch_size": job.batch_size,
    }
    return _engine(BatchedInferencePipeline(model), job, settings, about)


def _engine(model: Any, job: EngineTask, settings: dict[str, Any], about: dict[str, Any]) -> Engine:
    def run(clips: Iterable[Clip]) -> Iterator[ClipTranscript]:
        for name, samples in decoded(clips):
            found, _ = model.transcribe(samples, language=job.language, **settings)
            segments = list(found)
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

    return Engine(run=run, settings=settings | about)

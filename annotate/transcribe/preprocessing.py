"""Preparation of recordings on other threads: decoding, voice activity, windows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from annotate.media.audio import AudioBounds, Pcm, decode_safely
from annotate.media.levels import frame_dbfs, speech_and_noise_dbfs, transients_ms
from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.model.speech import Span
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import RecognizerInput
from annotate.recognizers.vad import detect_activity
from annotate.transcribe.prefetch import batched, prefetch
from annotate.transcribe.windows import windows

_VAD_BATCH = 8
_CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A recording to prepare.

    Attributes:
        read: Returns its file's bytes; an `AnnotateError` rejects this recording alone.
    """

    recording_id: str
    language: str | None
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A recording ready for the recognizer, with measurements of its sound.

    Attributes:
        pauses: From `vad.detect_activity`; word times are corrected by them.
    """

    input: RecognizerInput
    pauses: tuple[Span, ...]
    speech_dbfs: float | None
    noise_dbfs: float | None
    transients_ms: tuple[int, ...]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class _Decoded:
    source: Source
    pcm: Pcm


def preprocess(
    sources: Iterable[Source], bounds: AudioBounds, activity: ActivityOptions
) -> Iterator[Prepared | Rejection]:
    """Each recording or its rejection, in order, prepared ahead on other threads."""
    decoding = partial(_decode, bounds)
    decoded = prefetch(decoding, sources, threads=_CORES, ahead=_CORES * _VAD_BATCH)
    detecting = partial(_detect_speech, activity)
    batches = batched(decoded, _VAD_BATCH)
    prepared = prefetch(detecting, batches, threads=_CORES, ahead=_CORES)
    yield from chain.from_iterable(prepared)


def _decode(bounds: AudioBounds, source: Source) -> _Decoded | Rejection:
    try:
        return _Decoded(source, decode_safely(source.read(), bounds))
    except RejectedError as error:
        return error.of(source.recording_id)
    except AnnotateError as error:
        return Rejection(item=source.recording_id, reason="missing_audio", detail=str(error))


def _detect_speech(
    activity: ActivityOptions, batch: Sequence[_Decoded | Rejection]
) -> list[Prepared | Rejection]:
    """Find the speech in a batch of decoded recordings."""
    decoded = [one for one in batch if isinstance(one, _Decoded)]
    detected = iter(detect_activity([one.pcm.samples for one in decoded], activity))
    prepared: list[Prepared | Rejection] = []
    for one in batch:
        if isinstance(one, Rejection):
            prepared.append(one)
            continue
        found, pcm = next(detected), one.pcm
        speech = found.speech
        levels = frame_dbfs(pcm.samples)
        speech_dbfs, noise_dbfs = speech_and_noise_dbfs(levels, speech)
        recognizer_input = RecognizerInput(
            recording_id=one.source.recording_id,
            samples=pcm.samples,
            windows=windows(speech, pcm.duration_ms),
            language=one.source.language,
            speech=speech,
        )
        prepared.append(
            Prepared(
                input=recognizer_input,
                pauses=found.pauses,
                speech_dbfs=speech_dbfs,
                noise_dbfs=noise_dbfs,
                transients_ms=transients_ms(levels, speech, speech_dbfs, noise_dbfs),
                duration_ms=pcm.duration_ms,
            )
        )
    return prepared

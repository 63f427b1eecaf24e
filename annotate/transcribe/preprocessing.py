"""Recordings on their way to the recognizer: decoded and searched for speech, ahead of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from annotate.media.audio import AudioBounds, Pcm, decode_safely
from annotate.media.levels import frame_dbfs, speech_and_noise_dbfs, transients_ms
from annotate.model.errors import AnnotateError, RejectedError, Rejection
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.recognizer import Speech
from annotate.recognizers.vad import all_speech_spans
from annotate.transcribe.prefetch import batched, prefetch
from annotate.transcribe.windows import windows

_SEARCHED_TOGETHER = 8
_CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A recording that can be had.

    Attributes:
        read: Gives its file's bytes; what it raises of ours refuses this recording alone.
    """

    recording_id: str
    language: str | None
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A recording ready for the recognizer, with what is measured before it gets there."""

    speech: Speech
    speech_dbfs: float | None
    noise_dbfs: float | None
    transients_ms: tuple[int, ...]
    duration_ms: int


@dataclass(frozen=True, slots=True)
class _Decoded:
    source: Source
    pcm: Pcm


def feed(
    sources: Iterable[Source], bounds: AudioBounds, activity: ActivityOptions
) -> Iterator[Prepared | Rejection]:
    """Each recording or the reason against it, in order, prepared by other threads beforehand."""
    decoding = partial(_decode, bounds)
    decoded = prefetch(decoding, sources, threads=_CORES, ahead=2 * _CORES * _SEARCHED_TOGETHER)
    searching = partial(_search, activity)
    together = batched(decoded, _SEARCHED_TOGETHER)
    found = prefetch(searching, together, threads=_CORES, ahead=_CORES)
    yield from chain.from_iterable(found)


def _decode(bounds: AudioBounds, source: Source) -> _Decoded | Rejection:
    try:
        return _Decoded(source, decode_safely(source.read(), bounds))
    except RejectedError as refusal:
        return refusal.of(source.recording_id)
    except AnnotateError as error:
        return Rejection(item=source.recording_id, reason="missing_audio", detail=str(error))


def _search(
    activity: ActivityOptions, several: Sequence[_Decoded | Rejection]
) -> list[Prepared | Rejection]:
    """Find the speech in those that could be decoded."""
    good = [one for one in several if isinstance(one, _Decoded)]
    spans = iter(all_speech_spans([one.pcm.samples for one in good], activity))
    ready: list[Prepared | Rejection] = []
    for one in several:
        if isinstance(one, Rejection):
            ready.append(one)
            continue
        found, pcm = next(spans), one.pcm
        levels = frame_dbfs(pcm.samples)
        speech_dbfs, noise_dbfs = speech_and_noise_dbfs(levels, found)
        speech = Speech(
            recording_id=one.source.recording_id,
            samples=pcm.samples,
            windows=windows(found, pcm.duration_ms),
            language=one.source.language,
            spans=found,
        )
        ready.append(
            Prepared(
                speech=speech,
                speech_dbfs=speech_dbfs,
                noise_dbfs=noise_dbfs,
                transients_ms=transients_ms(levels, found, speech_dbfs, noise_dbfs),
                duration_ms=pcm.duration_ms,
            )
        )
    return ready

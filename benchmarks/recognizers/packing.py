"""Speech packed into windows of at most 30 s, as in MLPerf's data set for Whisper.

Utterances follow one another in order, with half a second of silence between them. The next one
begins a new window where it no longer fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from annotate.media.audio import RATE, Samples
from annotate.recognizers.options import ActivityOptions
from annotate.recognizers.vad import speech_spans
from annotate.transcribe.windows import windows as windows_of_speech

WINDOW = 30 * RATE
"""The most samples in a window."""
GAP = RATE // 2
"""Samples of silence between two utterances."""
_PER_MS = RATE // 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """A file, or a window of speech of a file longer than 30 s.

    Attributes:
        recording: The file's name without its suffix.
        start_ms: Where it begins in the file.
    """

    recording: str
    start_ms: int
    samples: Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An utterance's place in a window.

    Attributes:
        recording: The file's name without its suffix.
        start_ms: Where the utterance begins in the file.
        at_ms: Where it begins in the window.
    """

    recording: str
    start_ms: int
    at_ms: int
    length_ms: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedWindow:
    """Utterances with silence between them."""

    parts: tuple[Part, ...]
    samples: Samples


def utterances_of(recording: str, samples: Samples) -> list[Utterance]:
    """The whole file, or its windows of speech where it is longer than 30 s."""
    if len(samples) <= WINDOW:
        whole = Utterance(recording=recording, start_ms=0, samples=samples)
        return [whole] if len(samples) else []
    speech = speech_spans(samples, ActivityOptions())
    return [
        Utterance(
            recording=recording,
            start_ms=span.start_ms,
            samples=samples[span.start_ms * _PER_MS : span.end_ms * _PER_MS],
        )
        for span in windows_of_speech(speech, len(samples) // _PER_MS)
    ]


def pack(
    utterances: Iterable[Utterance], window: int = WINDOW, gap: int = GAP
) -> list[PackedWindow]:
    """Windows of these utterances, in order.

    Args:
        utterances: None longer than a window.
        window: The most samples in a window.
        gap: Samples of silence between two utterances.
    """
    packed: list[PackedWindow] = []
    pending: list[Utterance] = []
    length = 0
    for utterance in utterances:
        added = len(utterance.samples) + (gap if pending else 0)
        if pending and length + added > window:
            packed.append(_joined(pending, gap))
            pending, length, added = [], 0, len(utterance.samples)
        pending.append(utterance)
        length += added
    return [*packed, _joined(pending, gap)] if pending else packed


def _joined(utterances: Sequence[Utterance], gap: int) -> PackedWindow:
    silence = np.zeros(gap, np.float32)
    pieces: list[Samples] = []
    parts: list[Part] = []
    at = 0
    for utterance in utterances:
        if pieces:
            pieces.append(silence)
            at += gap
        parts.append(
            Part(
                recording=utterance.recording,
                start_ms=utterance.start_ms,
                at_ms=at // _PER_MS,
                length_ms=len(utterance.samples) // _PER_MS,
            )
        )
        pieces.append(utterance.samples)
        at += len(utterance.samples)
    return PackedWindow(parts=tuple(parts), samples=np.concatenate(pieces))

"""Cut a recording into windows that a 30 s recognizer can take, at its longest silences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from annotate.model.speech import Span

MAX_MS = 30_000
PAD_MS = 200
"""Kept before and after speech, so that soft first and last sounds are not cut off."""


def windows(speech: Sequence[Span], duration_ms: int, max_ms: int = MAX_MS) -> tuple[Span, ...]:
    """Group stretches of speech into windows of at most `max_ms`, in order, without overlap.

    As few windows as a greedy filling needs; each cut lies at the longest silence of the
    window's second half. A stretch longer than a window is cut where it must be.

    Args:
        speech: Where somebody speaks, in order and without overlap.
        duration_ms: The recording's length.
    """
    pieces = _padded(_bounded(speech, max_ms - 2 * PAD_MS), duration_ms)
    found: list[Span] = []
    while pieces:
        start = pieces[0].start_ms
        fitting = sum(piece.end_ms - start <= max_ms for piece in pieces)
        taken = len(pieces) if fitting == len(pieces) else _best_cut(pieces, fitting, max_ms)
        found.append(Span(start_ms=start, end_ms=pieces[taken - 1].end_ms))
        pieces = pieces[taken:]
    return tuple(found)


def _bounded(speech: Sequence[Span], max_ms: int) -> list[Span]:
    """The same stretches, those over `max_ms` cut into equal parts that aren't."""
    parts: list[Span] = []
    for span in speech:
        count = max(1, -(-span.length_ms // max_ms))
        edges = [span.start_ms + span.length_ms * index // count for index in range(count + 1)]
        parts += [Span(start_ms=start, end_ms=end) for start, end in pairwise(edges)]
    return parts


def _padded(pieces: Sequence[Span], duration_ms: int) -> list[Span]:
    """Each piece with `PAD_MS` on both sides, or half of the silence where that is less."""
    edges = [0, *(edge for piece in pieces for edge in (piece.start_ms, piece.end_ms)), duration_ms]
    silences = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
    last = len(silences) - 1
    before = [
        max(start, end - PAD_MS) if index == 0 else max((start + end) // 2, end - PAD_MS)
        for index, (start, end) in enumerate(silences)
    ]
    after = [
        min(end, start + PAD_MS) if index == last else min((start + end) // 2, start + PAD_MS)
        for index, (start, end) in enumerate(silences)
    ]
    return [
        Span(start_ms=before[index], end_ms=max(after[index + 1], before[index]))
        for index in range(len(pieces))
    ]


def _best_cut(pieces: Sequence[Span], fitting: int, max_ms: int) -> int:
    """How many of the first `fitting` pieces to take: up to the longest silence past the middle."""
    fitting = max(1, fitting)
    middle = pieces[0].start_ms + max_ms // 2
    late = [count for count in range(1, fitting + 1) if pieces[count - 1].end_ms >= middle]
    return max(late or [fitting], key=lambda count: _silence_after(pieces, count))


def _silence_after(pieces: Sequence[Span], count: int) -> tuple[int, int]:
    """Sort key: the silence after the first `count` pieces; of equal ones the later."""
    return pieces[count].start_ms - pieces[count - 1].end_ms, count

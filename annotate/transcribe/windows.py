"""Windows of at most 30 s, cut at the longest silences of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from annotate.model.speech import Span

MAX_MS = 30_000
PAD_MS = 200
"""Milliseconds kept before and after speech, so that soft first and last sounds aren't cut off."""
EDGE_MS = 500
"""Up to so many milliseconds before the first and after the last speech, all of them are kept."""


def windows(speech: Sequence[Span], duration_ms: int, max_ms: int = MAX_MS) -> tuple[Span, ...]:
    """Group stretches of speech into windows of at most `max_ms`, in order, without overlap.

    The number of windows is minimal, since each takes a recognizer the same time however full it
    is; of all such groupings, the one with the most silence at its cuts is chosen. A stretch longer
    than a window is cut into equal parts.

    Args:
        speech: Spans of speech, in order and without overlap.
        duration_ms: The recording's length.
    """
    spans = _padded(_bounded(speech, max_ms - 2 * EDGE_MS), duration_ms)
    found: list[Span] = []
    first = 0
    for last in _best_cuts(spans, max_ms):
        found.append(Span(start_ms=spans[first].start_ms, end_ms=spans[last - 1].end_ms))
        first = last
    return tuple(found)


def _bounded(speech: Sequence[Span], max_ms: int) -> list[Span]:
    """The same stretches, those over `max_ms` cut into equal parts that aren't."""
    parts: list[Span] = []
    for span in speech:
        count = max(1, -(-span.length_ms // max_ms))
        edges = [span.start_ms + span.length_ms * index // count for index in range(count + 1)]
        parts += [Span(start_ms=start, end_ms=end) for start, end in pairwise(edges)]
    return parts


def _padded(spans: Sequence[Span], duration_ms: int) -> list[Span]:
    """Each span with `PAD_MS` on both sides, or half of the silence where that is less.

    A window that begins a few hundredths of a second late gains nothing, and Whisper is sensitive
    to it: base wrote "ill-sposed" for "ill-disposed" where 26 ms were cut off.
    """
    edges = [0, *(edge for span in spans for edge in (span.start_ms, span.end_ms)), duration_ms]
    silences = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
    last = len(silences) - 1
    before = [
        end - _kept(end - start) if index == 0 else max((start + end) // 2, end - PAD_MS)
        for index, (start, end) in enumerate(silences)
    ]
    after = [
        start + _kept(end - start) if index == last else min((start + end) // 2, start + PAD_MS)
        for index, (start, end) in enumerate(silences)
    ]
    return [
        Span(start_ms=before[index], end_ms=max(after[index + 1], before[index]))
        for index in range(len(spans))
    ]


def _kept(silence_ms: int) -> int:
    """How much of the silence at an edge of the recording is kept."""
    return silence_ms if silence_ms <= EDGE_MS else PAD_MS


def _best_cuts(spans: Sequence[Span], max_ms: int) -> list[int]:
    """The number of spans before the end of each window, by dynamic programming from the end."""
    count = len(spans)
    cost = [(0, 0)] * (count + 1)  # windows needed for the spans from here on, silence cut away
    cut = [count] * count
    for first in reversed(range(count)):
        choices = []
        for last in range(first + 1, count + 1):
            if spans[last - 1].end_ms - spans[first].start_ms > max_ms:
                break
            silence = spans[last].start_ms - spans[last - 1].end_ms if last < count else 0
            needed, less = cost[last]
            choices.append((needed + 1, less - silence, -last))
        needed, less, last = min(choices)
        cost[first], cut[first] = (needed, less), -last
    cuts: list[int] = []
    at = 0
    while at < count:
        at = cut[at]
        cuts.append(at)
    return cuts

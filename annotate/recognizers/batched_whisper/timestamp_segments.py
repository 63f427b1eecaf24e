"""Split a window's tokens into segments at their timestamps, as openai-whisper does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FRAME_MS = 20
"""From one timestamp token to the next."""


@dataclass(frozen=True, slots=True)
class WindowSegment:
    """A segment of a window: its text tokens, and its timestamps on the window's clock."""

    start_ms: int
    end_ms: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WindowSegments:
    """The segments of a window.

    Attributes:
        complete: Segments with a closing timestamp.
        unfinished: The last one, if it has none: its end may lie beyond what was decoded.
        finished: Whether the tokens end with a single timestamp: nothing follows.
    """

    complete: tuple[WindowSegment, ...]
    unfinished: WindowSegment | None
    finished: bool

    @property
    def all(self) -> tuple[WindowSegment, ...]:
        """Every segment, the unfinished one included."""
        return self.complete if self.unfinished is None else (*self.complete, self.unfinished)


def split_at_timestamps(
    tokens: Sequence[int], timestamp_begin: int, eot: int, length_ms: int
) -> WindowSegments:
    """Split at each pair of timestamps.

    Args:
        timestamp_begin: The first timestamp token.
        eot: The token `<|endoftext|>`; all text tokens are smaller.
        length_ms: Of the window; a last segment without a closing timestamp ends with it.
    """
    is_time = [token >= timestamp_begin for token in tokens]
    pairs = [index + 1 for index, both in enumerate(pairwise(is_time)) if all(both)]
    finished = is_time[-2:] == [False, True]
    segments = []
    for first, last in pairwise([0, *pairs, len(tokens)]):
        part = tokens[first:last]
        times = [(token - timestamp_begin) * FRAME_MS for token in part if token >= timestamp_begin]
        start_ms = min(times[0], length_ms) if times else 0
        end_ms = min(times[-1], length_ms) if len(times) > 1 else length_ms
        text = tuple(token for token in part if token < eot)
        segments.append(WindowSegment(start_ms, max(start_ms, end_ms), text))
    last_one = segments.pop() if segments and not finished else None
    complete = tuple(segment for segment in segments if segment.tokens)
    unfinished = last_one if last_one and last_one.tokens else None
    return WindowSegments(complete, unfinished, finished)

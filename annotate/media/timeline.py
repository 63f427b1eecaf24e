"""Where each decoded frame lies in time: what is missing between frames, by their timestamps.

Sound that was lost on the way leaves its time behind. If nothing were put in its place, every word
after it would come too early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

TIMED = frozenset({"matroska,webm", "ogg", "mov,mp4,m4a,3gp,3g2,mj2", "flac"})
"""Containers, by FFmpeg's names, whose timestamps were written with the sound. In others (MP3, AAC,
WAV, W64, CAF) FFmpeg counts bytes or frames, and counts wrongly where the rate changes."""

SMALLEST_HOLE_S = 0.008
"""Less than the 10 ms of a short Opus packet, more than what WebM's whole milliseconds round."""

START_SLACK_S = 0.1
"""A first timestamp up to this is a codec's delay or a container's habit, and is taken for 0."""

RESTART_S = 1.0
"""Timestamps that fall back by more than this have begun anew."""

LOOK_AHEAD_S = 0.5
"""A hole must last: a frame that only came late is followed by others that came in time."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One frame as it comes out of the decoder.

    Attributes:
        lost_s: Length of what could not be decoded just before it, where no timestamp says it.
    """

    frame: Any
    lost_s: float = 0.0


@dataclass(slots=True, eq=False)
class _Waiting:
    """A frame, its length, and how late it is by all the sound before it."""

    frame: Any
    length_s: float
    late_s: float


def with_holes(decoded: Iterable[Decoded], *, timed: bool) -> Iterator[tuple[float, Any]]:
    """Each frame, and the seconds of silence that belong before it.

    Args:
        timed: Whether the timestamps are to be believed; see `TIMED`.
    """
    if timed:
        yield from _by_timestamps(one.frame for one in decoded)
        return
    for one in decoded:
        yield one.lost_s, one.frame


def _by_timestamps(frames: Iterable[Any]) -> Iterator[tuple[float, Any]]:
    clock = _Clock()
    for frame in frames:
        at: float | None = frame.time
        if at is not None and clock.before is not None and at < clock.before - RESTART_S:
            yield from clock.settle(0.0)
            clock = _Clock(origin=at)
        clock.admit(frame, at)
        yield from clock.settle(LOOK_AHEAD_S)
    yield from clock.settle(0.0)


@dataclass(slots=True, eq=False)
class _Clock:
    """Compares each timestamp with how much sound there has been.

    The comparison is with the sum, not with the end of the frame before: a thousand holes too small
    to be filled one by one are seen once they add up.

    Attributes:
        origin: The timestamp at which the sound begins; None until there is one.
        before: The newest timestamp.
        sound_s: Length of all frames so far.
        filled_s: Length of all holes before those that wait.
    """

    origin: float | None = None
    before: float | None = None
    sound_s: float = 0.0
    filled_s: float = 0.0
    waiting_s: float = 0.0
    waiting: deque[_Waiting] = field(default_factory=deque)

    def admit(self, frame: Any, at: float | None) -> None:
        """Let a frame wait until enough of those after it are known."""
        late_s = self.waiting[-1].late_s if self.waiting else self.filled_s
        if at is not None:
            if self.origin is None:
                self.origin = 0.0 if at > START_SLACK_S else at
            late_s = at - self.origin - self.sound_s
            self.before = at
        length_s = frame.samples / frame.sample_rate
        self.waiting.append(_Waiting(frame, length_s, late_s))
        self.sound_s += length_s
        self.waiting_s += length_s

    def settle(self, keep_s: float) -> Iterator[tuple[float, Any]]:
        """Give out frames, each with the hole before it, until so much waits."""
        while self.waiting and self.waiting_s > keep_s:
            hole_s = self.waiting[0].late_s - self.filled_s
            if hole_s > SMALLEST_HOLE_S:
                hole_s = min(one.late_s for one in self.waiting) - self.filled_s
            hole_s = hole_s if hole_s > SMALLEST_HOLE_S else 0.0
            first = self.waiting.popleft()
            self.waiting_s -= first.length_s
            self.filled_s += hole_s
            yield hole_s, first.frame

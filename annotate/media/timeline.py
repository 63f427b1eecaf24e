"""Detection of missing sound between decoded frames by their timestamps.

Lost packets leave a gap in the timestamps. Unless it is filled with silence, every later word would
be too early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

TIMED = frozenset({"matroska,webm", "ogg", "mov,mp4,m4a,3gp,3g2,mj2", "flac"})
"""Containers, by FFmpeg's names, whose timestamps were written with the sound. In others (MP3, AAC,
WAV, W64, CAF) FFmpeg counts bytes or frames, which is wrong if the rate changes."""

SMALLEST_HOLE_S = 0.008
"""Less than the 10 ms of a short Opus packet, more than the rounding of WebM's milliseconds."""

START_SLACK_S = 0.1
"""A first timestamp up to this is due to the codec or container, and is taken as the start."""

RESTART_S = 1.0
"""Timestamps that decrease by more than this have restarted."""

LOOK_AHEAD_S = 0.5
"""Sound after a hole that must confirm it: a single late frame is followed by frames on time."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One decoded frame.

    Attributes:
        lost_s: Length of undecodable packets just before it, used if there are no timestamps.
    """

    frame: Any
    lost_s: float = 0.0


@dataclass(slots=True, eq=False)
class _Waiting:
    """A frame, its length, and its delay relative to the sum of all sound before it."""

    frame: Any
    length_s: float
    late_s: float


def with_holes(decoded: Iterable[Decoded], *, timed: bool) -> Iterator[tuple[float, Any]]:
    """Each frame, with the seconds of silence to insert before it.

    Args:
        timed: Whether the timestamps are valid; see `TIMED`.
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
    """Compares each timestamp with the length of the sound so far.

    The comparison is with the sum, not with the end of the previous frame: many holes that are each
    too small to be filled are detected once they add up.

    Attributes:
        origin: The timestamp of the start of the sound; None until there is one.
        before: The newest timestamp.
        sound_s: Length of all frames so far.
        filled_s: Length of all holes before the waiting frames.
    """

    origin: float | None = None
    before: float | None = None
    sound_s: float = 0.0
    filled_s: float = 0.0
    waiting_s: float = 0.0
    waiting: deque[_Waiting] = field(default_factory=deque)

    def admit(self, frame: Any, at: float | None) -> None:
        """Queue a frame until enough of those after it are known."""
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
        """Yield frames, each with the hole before it, until at most `keep_s` of sound is queued."""
        while self.waiting and self.waiting_s > keep_s:
            hole_s = self.waiting[0].late_s - self.filled_s
            if hole_s > SMALLEST_HOLE_S:
                hole_s = min(one.late_s for one in self.waiting) - self.filled_s
            hole_s = hole_s if hole_s > SMALLEST_HOLE_S else 0.0
            first = self.waiting.popleft()
            self.waiting_s -= first.length_s
            self.filled_s += hole_s
            yield hole_s, first.frame

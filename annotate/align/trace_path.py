"""The pointer's path as a function of time: positions, rests and movements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from annotate.model.pointer import Trace, TracePoint

REST_MS = 3000
REST_FRAC = 0.02
"""Browsers report a pointer only while it moves: between two samples of one segment at most
`REST_MS` and `REST_FRAC` apart it was still, however few samples there are."""

_SMOOTHING_MS = 150
"""Speed is measured over twice this time, so that circling an object counts as resting on it
while travelling from object to object does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The straight move from one sample to the next, within the image.

    Attributes:
        speed: The pointer's net speed around that time, in image sides a second.
    """

    start_ms: int
    end_ms: int
    x0_frac: float
    y0_frac: float
    x1_frac: float
    y1_frac: float
    speed: float = 0.0

    def at(self, t_ms: float) -> tuple[float, float]:
        """Where the pointer was at a moment of the stretch."""
        part = (t_ms - self.start_ms) / (self.end_ms - self.start_ms)
        x_frac = self.x0_frac + part * (self.x1_frac - self.x0_frac)
        y_frac = self.y0_frac + part * (self.y1_frac - self.y0_frac)
        return x_frac, y_frac


class Path:
    """The pointer's position over time, known only while it was over the image.

    Args:
        trace: The samples, in time order within a segment.
        gap_ms: Samples farther apart than this aren't joined, unless the pointer rested there.
    """

    def __init__(self, trace: Trace, gap_ms: int):
        moves = sorted(_moves(trace, gap_ms), key=lambda move: (move.start_ms, move.end_ms))
        self._moves = _without_overlap(moves)
        self._starts = [move.start_ms for move in self._moves]

    def at(self, t_ms: float) -> tuple[float, float] | None:
        """The place at a moment, interpolated; None where it isn't known."""
        index = bisect_right(self._starts, t_ms) - 1
        if index < 0 or t_ms > self._moves[index].end_ms:
            return None
        return self._moves[index].at(t_ms)

    def within(self, start_ms: int, end_ms: int) -> Iterator[Stretch]:
        """The stretches from `start_ms` to `end_ms`, cut to that time."""
        index = max(0, bisect_right(self._starts, start_ms) - 1)
        for move in self._moves[index : bisect_right(self._starts, end_ms)]:
            first_ms, last_ms = max(move.start_ms, start_ms), min(move.end_ms, end_ms)
            if first_ms >= last_ms:
                continue
            x0_frac, y0_frac = move.at(first_ms)
            x1_frac, y1_frac = move.at(last_ms)
            yield Stretch(
                start_ms=first_ms,
                end_ms=last_ms,
                x0_frac=x0_frac,
                y0_frac=y0_frac,
                x1_frac=x1_frac,
                y1_frac=y1_frac,
                speed=self._speed(move),
            )

    def _speed(self, move: Stretch) -> float:
        """Distance over time around the move, over the part of that time with a known position."""
        middle_ms = (move.start_ms + move.end_ms) / 2
        first_ms = min(move.start_ms, middle_ms - _SMOOTHING_MS)
        last_ms = max(move.end_ms, middle_ms + _SMOOTHING_MS)
        first, last = self.at(first_ms), self.at(last_ms)
        if first is None:
            first_ms, first = move.start_ms, (move.x0_frac, move.y0_frac)
        if last is None:
            last_ms, last = move.end_ms, (move.x1_frac, move.y1_frac)
        return hypot(last[0] - first[0], last[1] - first[1]) * 1000 / (last_ms - first_ms)


def _moves(trace: Trace, gap_ms: int) -> Iterator[Stretch]:
    for segment in trace.segments:
        for one, other in pairwise(segment):
            if one.t_ms < other.t_ms and _joined(one, other, gap_ms):
                yield Stretch(
                    start_ms=one.t_ms,
                    end_ms=other.t_ms,
                    x0_frac=one.x_frac,
                    y0_frac=one.y_frac,
                    x1_frac=other.x_frac,
                    y1_frac=other.y_frac,
                )


def _joined(one: TracePoint, other: TracePoint, gap_ms: int) -> bool:
    """Whether the pointer was on the line between two samples with certainty, within the image."""
    if not (inside_image(one) and inside_image(other)):
        return False
    apart = hypot(other.x_frac - one.x_frac, other.y_frac - one.y_frac)
    lasted_ms = other.t_ms - one.t_ms
    return lasted_ms <= gap_ms or (lasted_ms <= REST_MS and apart <= REST_FRAC)


def inside_image(point: TracePoint) -> bool:
    """Whether the place is inside the image or on its edge."""
    return 0 <= point.x_frac <= 1 and 0 <= point.y_frac <= 1


def _without_overlap(moves: list[Stretch]) -> list[Stretch]:
    """Drop what contradicts an earlier move: a pointer is in one place at a time."""
    disjoint: list[Stretch] = []
    for move in moves:
        if not disjoint or move.start_ms >= disjoint[-1].end_ms:
            disjoint.append(move)
    return disjoint

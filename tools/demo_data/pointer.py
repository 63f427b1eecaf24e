"""Simulation of the pointer's path during a narration.

The pointer arrives at the named region around the time its words begin, dwells there with loops and
tremor, and moves on smoothly (minimum jerk). Between mentions it rests, wanders or leaves the
image. A few mentions in a hundred have an error as people make them: the pointer is at a neighbour
or late. Coordinates are fractions of the image, times integer milliseconds on the recording's
clock.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from narration_audio import Mention
from regions import Box, find_neighbour

_NEIGHBOUR_SHARE = 0.03  # share of the mentions with the pointer at a neighbouring region
_LATE_SHARE = 0.03
_TREMOR = 0.0012  # standard deviation, fractions of the image
_SETTLE_MS = 180.0  # the loops' radius grows and shrinks over this time
_RELAX_MS = 700.0


@dataclass(frozen=True)
class TracePoint:
    """A position of the pointer and its time."""

    x_frac: float
    y_frac: float
    t_ms: int


@dataclass(frozen=True)
class PointerPath:
    """The trace, with a segment for each visit to the image, and the deliberate clicks."""

    segments: tuple[tuple[TracePoint, ...], ...]
    clicks: tuple[TracePoint, ...]


@dataclass
class Dwell:
    """The pointer dwells at one position from `start_ms` to `end_ms`, in loops of the given radii.

    After `relax_ms`, when the mention is over, the radii decay. `curvature` is the deviation of the
    move to this position from a straight line, as a fraction of its length.
    """

    start_ms: float
    end_ms: float
    x: float
    y: float
    radius_x: float = 0.004
    radius_y: float = 0.004
    loop_ms: float = 1500.0
    relax_ms: float = math.inf
    curvature: float = 0.0
    outside: bool = False


def draw_path(
    mentions: tuple[Mention, ...], boxes: dict[str, Box], duration_ms: int, name: str
) -> PointerPath:
    """The pointer's path during one recording; the same `name` always gives the same path."""
    rng = random.Random(f"pointer of {name}")
    dwells = [Dwell(0.0, 200.0, rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8))]
    click_times = []
    ends = [*(mention.start_ms for mention in mentions[1:]), duration_ms]
    for mention, until_ms in zip(mentions, ends, strict=False):
        dwell = _dwell_on(mention, boxes, until_ms, rng)
        _fill_gap(dwells, dwell, rng)
        dwells.append(dwell)
        if mention.clicked:
            latest = max(dwell.start_ms + 200, min(mention.end_ms + 150, dwell.end_ms))
            click_times.append(round(rng.uniform(dwell.start_ms + 120, latest)))
    dwells[-1].end_ms = duration_ms
    points = _sample(dwells, duration_ms, rng)
    clicks = tuple(_place_click(dwells, at_ms) for at_ms in click_times)
    return PointerPath(_split_segments(points), clicks)


def _dwell_on(mention: Mention, boxes: dict[str, Box], until_ms: int, rng: random.Random) -> Dwell:
    """Position and time of the dwell for one mention."""
    region = mention.region
    arrival_ms = mention.start_ms + rng.uniform(-400, 250)
    draw = rng.random()
    if draw < _NEIGHBOUR_SHARE:
        region = find_neighbour(boxes, region)
    elif draw < _NEIGHBOUR_SHARE + _LATE_SHARE:
        arrival_ms += rng.uniform(900, 1600)
    box = boxes[region]
    end_ms = max(mention.end_ms, arrival_ms + 300) + rng.uniform(0, 400)
    x, y = box.center
    return Dwell(
        start_ms=max(arrival_ms, 300.0),
        end_ms=max(min(end_ms, until_ms), arrival_ms + 300),
        x=_near(x, box.width, rng),
        y=_near(y, box.height, rng),
        radius_x=min(0.25 * box.width, rng.uniform(0.008, 0.045)),
        radius_y=min(0.25 * box.height, rng.uniform(0.008, 0.045)),
        loop_ms=rng.uniform(700, 1600) * rng.choice((-1, 1)),
        relax_ms=mention.end_ms + 200,
        curvature=rng.gauss(0, 0.06),
    )


def _near(middle: float, size: float, rng: random.Random) -> float:
    """A random coordinate near the middle of a box's side, well inside it."""
    offset = max(-0.3, min(0.3, rng.gauss(0, 0.13)))
    return middle + offset * size


def _fill_gap(dwells: list[Dwell], next_dwell: Dwell, rng: random.Random) -> None:
    """Extend the last dwell until the move must begin; add another dwell if there is time."""
    last = dwells[-1]
    gap_ms = next_dwell.start_ms - last.end_ms
    if gap_ms > 2600 and rng.random() < 0.3:
        dwells.append(_leave_image(last, next_dwell.start_ms - 700, rng))
    elif gap_ms > 1800 and rng.random() < 0.5:
        dwells.append(_wander(last, next_dwell.start_ms - 600, rng))
    last = dwells[-1]
    travel_ms = _travel_ms(last, next_dwell, rng)
    last.end_ms = max(last.start_ms + 80, next_dwell.start_ms - travel_ms)
    next_dwell.start_ms = max(next_dwell.start_ms, last.end_ms + 0.6 * travel_ms)
    next_dwell.end_ms = max(next_dwell.end_ms, next_dwell.start_ms + 250)


def _wander(last: Dwell, end_ms: float, rng: random.Random) -> Dwell:
    start_ms = last.end_ms + rng.uniform(300, 700)
    x, y = (min(0.97, max(0.03, at + rng.gauss(0, 0.15))) for at in (last.x, last.y))
    return Dwell(start_ms, end_ms, x, y, loop_ms=rng.uniform(2500, 5000))


def _leave_image(last: Dwell, end_ms: float, rng: random.Random) -> Dwell:
    """Leave the image over the nearer side edge, or over the bottom."""
    start_ms = last.end_ms + rng.uniform(400, 800)
    beyond = rng.uniform(0.04, 0.12)
    if rng.random() < 0.3:
        return Dwell(start_ms, end_ms, last.x, 1 + beyond, outside=True)
    side = -beyond if last.x < 0.5 else 1 + beyond
    return Dwell(start_ms, end_ms, side, last.y + rng.gauss(0, 0.05), outside=True)


def _travel_ms(origin: Dwell, goal: Dwell, rng: random.Random) -> float:
    """Duration of a move: logarithmic in the distance (Fitts's law)."""
    distance = math.hypot(goal.x - origin.x, goal.y - origin.y)
    return 180 + 420 * math.log2(1 + 2.5 * distance) + rng.uniform(0, 120)


def _sample(dwells: list[Dwell], duration_ms: int, rng: random.Random) -> list[TracePoint | None]:
    """The path at 20 to 30 irregular samples per second; None is outside the image."""
    points: list[TracePoint | None] = []
    tremor_x = tremor_y = 0.0
    at_ms = rng.randint(20, 250)
    while at_ms <= duration_ms:
        tremor_x = 0.6 * tremor_x + rng.gauss(0, 0.8 * _TREMOR)
        tremor_y = 0.6 * tremor_y + rng.gauss(0, 0.8 * _TREMOR)
        x, y, may_be_outside = _position(dwells, at_ms)
        x, y = x + tremor_x, y + tremor_y
        if not may_be_outside:
            x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        inside = 0 <= x <= 1 and 0 <= y <= 1
        points.append(TracePoint(round(x, 4), round(y, 4), at_ms) if inside else None)
        at_ms += rng.randint(33, 50)
    return points


def _position(dwells: list[Dwell], at_ms: float) -> tuple[float, float, bool]:
    """The position without tremor, and whether it may be outside the image."""
    index = max((i for i, dwell in enumerate(dwells) if dwell.start_ms <= at_ms), default=0)
    dwell = dwells[index]
    if at_ms <= dwell.end_ms or index + 1 == len(dwells):
        x, y = _hover(dwell, at_ms)
        return x, y, dwell.outside
    goal = dwells[index + 1]
    fraction = (at_ms - dwell.end_ms) / (goal.start_ms - dwell.end_ms)
    progress = fraction**3 * (10 - 15 * fraction + 6 * fraction**2)  # minimum jerk
    sideways = 4 * goal.curvature * progress * (1 - progress)
    x = dwell.x + (goal.x - dwell.x) * progress - (goal.y - dwell.y) * sideways
    y = dwell.y + (goal.y - dwell.y) * progress + (goal.x - dwell.x) * sideways
    return x, y, dwell.outside or goal.outside


def _hover(dwell: Dwell, at_ms: float) -> tuple[float, float]:
    edge_ms = min(at_ms - dwell.start_ms, dwell.end_ms - at_ms)
    swell = min(1.0, max(0.0, edge_ms / _SETTLE_MS))
    swell *= math.exp(-max(0.0, at_ms - dwell.relax_ms) / _RELAX_MS)
    angle = 2 * math.pi * (at_ms - dwell.start_ms) / dwell.loop_ms
    return (
        dwell.x + swell * dwell.radius_x * math.cos(angle),
        dwell.y + swell * dwell.radius_y * math.sin(angle),
    )


def _place_click(dwells: list[Dwell], at_ms: int) -> TracePoint:
    x, y, _ = _position(dwells, at_ms)
    return TracePoint(round(min(1, max(0, x)), 4), round(min(1, max(0, y)), 4), at_ms)


def _split_segments(points: list[TracePoint | None]) -> tuple[tuple[TracePoint, ...], ...]:
    segments: list[list[TracePoint]] = [[]]
    for point in points:
        if point is not None:
            segments[-1].append(point)
        elif segments[-1]:
            segments.append([])
    return tuple(tuple(segment) for segment in segments if segment)

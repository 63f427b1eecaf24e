"""A pointer that behaves like a hand: where it is while a narration is spoken.

The hand comes to the named thing around the time its words begin, hovers on it with a tremor, and
goes on in one smooth move. Left alone it rests, wanders or leaves the image. A few times in a
hundred it points at a neighbour or comes too late, as people do. Coordinates are fractions of the
image, times integer milliseconds on the recording's clock.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from performance import Mention
from regions import Box, find_neighbour

_NEIGHBOUR_SHARE = 0.03  # of the mentions: the hand goes to the thing beside the one named
_LATE_SHARE = 0.03
_TREMOR = 0.0012  # standard deviation, fractions of the image
_SETTLE_MS = 180.0  # hovering swells and fades over this time
_CALM_DOWN_MS = 700.0


@dataclass(frozen=True)
class TracePoint:
    """Where the pointer was, and when."""

    x_frac: float
    y_frac: float
    t_ms: int


@dataclass(frozen=True)
class PointerPath:
    """The trace, a segment for each stay on the image, and the deliberate clicks."""

    segments: tuple[tuple[TracePoint, ...], ...]
    clicks: tuple[TracePoint, ...]


@dataclass
class Stay:
    """The hand hovers at one place from `start_ms` to `end_ms`, in loops of the given radii.

    After `calm_ms` nobody speaks of the place any more, and the loops die away. `bow` says how far
    the move to this place swerves from the straight line, as a share of its length.
    """

    start_ms: float
    end_ms: float
    x: float
    y: float
    radius_x: float = 0.004
    radius_y: float = 0.004
    loop_ms: float = 1500.0
    calm_ms: float = math.inf
    bow: float = 0.0
    outside: bool = False


def draw_path(
    mentions: tuple[Mention, ...], boxes: dict[str, Box], duration_ms: int, name: str
) -> PointerPath:
    """The pointer's path during one recording; the same `name` always gives the same path."""
    chance = random.Random(f"pointer of {name}")
    stays = [Stay(0.0, 200.0, chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8))]
    click_times = []
    ends = [*(mention.start_ms for mention in mentions[1:]), duration_ms]
    for mention, until_ms in zip(mentions, ends, strict=False):
        stay = _visit(mention, boxes, until_ms, chance)
        _fill_gap(stays, stay, chance)
        stays.append(stay)
        if mention.clicked:
            latest = max(stay.start_ms + 200, min(mention.end_ms + 150, stay.end_ms))
            click_times.append(round(chance.uniform(stay.start_ms + 120, latest)))
    stays[-1].end_ms = duration_ms
    points = _sample(stays, duration_ms, chance)
    clicks = tuple(_place_click(stays, at_ms) for at_ms in click_times)
    return PointerPath(_split_segments(points), clicks)


def _visit(mention: Mention, boxes: dict[str, Box], until_ms: int, chance: random.Random) -> Stay:
    """Where and when the hand stays for one mention."""
    region = mention.region
    arrival_ms = mention.start_ms + chance.uniform(-400, 250)
    fault = chance.random()
    if fault < _NEIGHBOUR_SHARE:
        region = find_neighbour(boxes, region)
    elif fault < _NEIGHBOUR_SHARE + _LATE_SHARE:
        arrival_ms += chance.uniform(900, 1600)
    box = boxes[region]
    end_ms = max(mention.end_ms, arrival_ms + 300) + chance.uniform(0, 400)
    x, y = box.center
    return Stay(
        start_ms=max(arrival_ms, 300.0),
        end_ms=max(min(end_ms, until_ms), arrival_ms + 300),
        x=_near(x, box.width, chance),
        y=_near(y, box.height, chance),
        radius_x=min(0.25 * box.width, chance.uniform(0.008, 0.045)),
        radius_y=min(0.25 * box.height, chance.uniform(0.008, 0.045)),
        loop_ms=chance.uniform(700, 1600) * chance.choice((-1, 1)),
        calm_ms=mention.end_ms + 200,
        bow=chance.gauss(0, 0.06),
    )


def _near(middle: float, size: float, chance: random.Random) -> float:
    """A coordinate near the middle of a side, well inside it."""
    offset = max(-0.3, min(0.3, chance.gauss(0, 0.13)))
    return middle + offset * size


def _fill_gap(stays: list[Stay], coming: Stay, chance: random.Random) -> None:
    """Let the last stay run on until the hand must go, with a detour where time allows."""
    last = stays[-1]
    gap_ms = coming.start_ms - last.end_ms
    if gap_ms > 2600 and chance.random() < 0.3:
        stays.append(_leave_image(last, coming.start_ms - 700, chance))
    elif gap_ms > 1800 and chance.random() < 0.5:
        stays.append(_wander(last, coming.start_ms - 600, chance))
    last = stays[-1]
    travel_ms = _travel_ms(last, coming, chance)
    last.end_ms = max(last.start_ms + 80, coming.start_ms - travel_ms)
    coming.start_ms = max(coming.start_ms, last.end_ms + 0.6 * travel_ms)
    coming.end_ms = max(coming.end_ms, coming.start_ms + 250)


def _wander(last: Stay, end_ms: float, chance: random.Random) -> Stay:
    start_ms = last.end_ms + chance.uniform(300, 700)
    x, y = (min(0.97, max(0.03, at + chance.gauss(0, 0.15))) for at in (last.x, last.y))
    return Stay(start_ms, end_ms, x, y, loop_ms=chance.uniform(2500, 5000))


def _leave_image(last: Stay, end_ms: float, chance: random.Random) -> Stay:
    """Go out over the nearer side edge, or over the bottom."""
    start_ms = last.end_ms + chance.uniform(400, 800)
    beyond = chance.uniform(0.04, 0.12)
    if chance.random() < 0.3:
        return Stay(start_ms, end_ms, last.x, 1 + beyond, outside=True)
    side = -beyond if last.x < 0.5 else 1 + beyond
    return Stay(start_ms, end_ms, side, last.y + chance.gauss(0, 0.05), outside=True)


def _travel_ms(origin: Stay, goal: Stay, chance: random.Random) -> float:
    """The farther, the longer, but not in proportion (Fitts's law)."""
    distance = math.hypot(goal.x - origin.x, goal.y - origin.y)
    return 180 + 420 * math.log2(1 + 2.5 * distance) + chance.uniform(0, 120)


def _sample(stays: list[Stay], duration_ms: int, chance: random.Random) -> list[TracePoint | None]:
    """The path at 20 to 30 irregular samples a second; None stands for being off the image."""
    points: list[TracePoint | None] = []
    tremor_x = tremor_y = 0.0
    at_ms = chance.randint(20, 250)
    while at_ms <= duration_ms:
        tremor_x = 0.6 * tremor_x + chance.gauss(0, 0.8 * _TREMOR)
        tremor_y = 0.6 * tremor_y + chance.gauss(0, 0.8 * _TREMOR)
        x, y, may_leave = _position(stays, at_ms)
        x, y = x + tremor_x, y + tremor_y
        if not may_leave:
            x, y = min(1.0, max(0.0, x)), min(1.0, max(0.0, y))
        inside = 0 <= x <= 1 and 0 <= y <= 1
        points.append(TracePoint(round(x, 4), round(y, 4), at_ms) if inside else None)
        at_ms += chance.randint(33, 50)
    return points


def _position(stays: list[Stay], at_ms: float) -> tuple[float, float, bool]:
    """Where the hand is without tremor, and whether it may be off the image just now."""
    index = max((i for i, stay in enumerate(stays) if stay.start_ms <= at_ms), default=0)
    stay = stays[index]
    if at_ms <= stay.end_ms or index + 1 == len(stays):
        x, y = _hover(stay, at_ms)
        return x, y, stay.outside
    goal = stays[index + 1]
    part = (at_ms - stay.end_ms) / (goal.start_ms - stay.end_ms)
    smooth = part**3 * (10 - 15 * part + 6 * part**2)  # minimum jerk
    swerve = 4 * goal.bow * smooth * (1 - smooth)
    x = stay.x + (goal.x - stay.x) * smooth - (goal.y - stay.y) * swerve
    y = stay.y + (goal.y - stay.y) * smooth + (goal.x - stay.x) * swerve
    return x, y, stay.outside or goal.outside


def _hover(stay: Stay, at_ms: float) -> tuple[float, float]:
    edge_ms = min(at_ms - stay.start_ms, stay.end_ms - at_ms)
    swell = min(1.0, max(0.0, edge_ms / _SETTLE_MS))
    swell *= math.exp(-max(0.0, at_ms - stay.calm_ms) / _CALM_DOWN_MS)
    angle = 2 * math.pi * (at_ms - stay.start_ms) / stay.loop_ms
    return (
        stay.x + swell * stay.radius_x * math.cos(angle),
        stay.y + swell * stay.radius_y * math.sin(angle),
    )


def _place_click(stays: list[Stay], at_ms: int) -> TracePoint:
    x, y, _ = _position(stays, at_ms)
    return TracePoint(round(min(1, max(0, x)), 4), round(min(1, max(0, y)), 4), at_ms)


def _split_segments(points: list[TracePoint | None]) -> tuple[tuple[TracePoint, ...], ...]:
    segments: list[list[TracePoint]] = [[]]
    for point in points:
        if point is not None:
            segments[-1].append(point)
        elif segments[-1]:
            segments.append([])
    return tuple(tuple(segment) for segment in segments if segment)

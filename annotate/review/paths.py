"""Simplification of a pointer's path with a bound on the deviation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

TOLERANCE_FRAC = 0.01
"""How far, of the image's width and height, the thinned path may be from the pointer."""

Point = tuple[int, float, float]


def thinned(points: Sequence[Mapping[str, Any]]) -> tuple[Point, ...]:
    """Some of the points, the first and the last among them.

    At the time of each point left out, the straight line between its neighbours is at most
    `TOLERANCE_FRAC` away from it.
    """
    if not points:
        return ()
    path = np.array([(one["t_ms"], one["x_frac"], one["y_frac"]) for one in points], float)
    indices = {0, len(path) - 1}
    open_ones = [(0, len(path) - 1)]
    while open_ones:
        first, last = open_ones.pop()
        if last - first < 2:
            continue
        off = _distances(path[first : last + 1])
        worst = int(off.argmax())
        if off[worst] > TOLERANCE_FRAC:
            indices.add(first + worst)
            open_ones += [(first, first + worst), (first + worst, last)]
    return tuple((int(t_ms), float(x), float(y)) for t_ms, x, y in path[sorted(indices)])


def _distances(path: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Each point's distance from the straight line from the first to the last, at its time."""
    time = path[:, 0] - path[0, 0]
    part = time / time[-1] if time[-1] > 0 else np.linspace(0.0, 1.0, len(path))
    straight = path[0, 1:] + part[:, None] * (path[-1, 1:] - path[0, 1:])
    return np.abs(path[:, 1:] - straight).max(axis=1)

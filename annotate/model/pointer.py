"""Pointer positions of the annotator, timed on the recording's clock.

Coordinates are fractions of the image from its top left corner. A path may overshoot the image
a little, so values below 0 and above 1 remain unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePoint:
    """Position of the pointer at one moment; a deliberate click is called a point."""

    x_frac: float
    y_frac: float
    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in fractions of the image; `x0_frac <= x1_frac`, `y0_frac <= y1_frac`."""

    x0_frac: float
    y0_frac: float
    x1_frac: float
    y1_frac: float

    def contains(self, x_frac: float, y_frac: float) -> bool:
        """Whether the place lies inside or on the edge."""
        return self.x0_frac <= x_frac <= self.x1_frac and self.y0_frac <= y_frac <= self.y1_frac


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The pointer's path while speaking, and the clicks.

    Attributes:
        segments: Runs of the path in time order; a new one begins when the pointer re-enters.
        points: Deliberate clicks, in time order.
    """

    segments: tuple[tuple[TracePoint, ...], ...] = ()
    points: tuple[TracePoint, ...] = ()

"""The named regions of each image, from regions.json: boxes in fractions of the image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Box:
    """A rectangle in fractions of the image: x0, y0 is its top left corner."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Width as a fraction of the image's width."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height as a fraction of the image's height."""
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        """The center of the box."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point is inside."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


def read_boxes(path: Path, image: str) -> dict[str, Box]:
    """The boxes of one image by region name."""
    regions = json.loads(path.read_text(encoding="utf-8"))[image]
    return {region["name"]: Box(*region["box"]) for region in regions}


def find_neighbour(boxes: dict[str, Box], name: str) -> str:
    """The region nearest to `name` with its center outside it; `name` if there is none."""
    box = boxes[name]
    x, y = box.center

    def distance(other: str) -> float:
        other_x, other_y = boxes[other].center
        return (other_x - x) ** 2 + (other_y - y) ** 2

    outside = [other for other in boxes if not box.contains(*boxes[other].center)]
    return min(outside, key=distance, default=name)

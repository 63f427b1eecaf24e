"""A step for tests that writes a row of `images` per item, and fails for some as configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import polars as pl

from annotate.execution.step import Outcome, Step
from annotate.model.tables import Images
from annotate.store.lake import Lake
from tests.builders import an_image, frame, img


def painted(image: str, **over: Any) -> Outcome:
    """A valid outcome for one image."""
    row = an_image(image_id=image, name="painted", **over)
    return Outcome(rows=frame(Images, [row]).drop("step_key"))


class PaintStep(Step):
    """Writes the images one by one, or all of a shard at once.

    Args:
        names: Names of the images, of one character each.
        errors: By name, functions that are called instead of `paint`.
        together: Whether outcomes are yielded only after the whole shard is done.
    """

    name = "painting"
    output = Images
    id_column = "image_id"
    shard_size = 16

    def __init__(
        self,
        names: str,
        errors: Mapping[str, Callable[[], Any]] | None = None,
        *,
        together: bool = False,
    ):
        self.names = names
        self.errors = {img(name): failure for name, failure in (errors or {}).items()}
        self.together = together
        self.calls: list[list[str]] = []

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def inputs(self, lake: Lake) -> pl.DataFrame:
        images = [img(name) for name in self.names]
        return pl.DataFrame({"image_id": images}, schema={"image_id": pl.String}).with_columns(
            input_key=pl.lit("same")
        )

    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        self.calls.append(shard["image_id"].to_list())
        outcomes = map(self.paint, self.calls[-1])
        return iter(list(outcomes)) if self.together else outcomes

    def paint(self, image: str) -> Outcome:
        outcome = self.errors[image]() if image in self.errors else painted(image)
        assert isinstance(outcome, Outcome)
        return outcome

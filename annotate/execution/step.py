"""The step contract: plan what is missing, work on it, write it; kill it and run it again.

A step reads tables and writes one; what must be there before its rows it writes first. What is
done is told by the output table alone: an item is done when a row with its id and its step key is
there, or a row in quarantine. The step key hashes the step's version, its parameters and the input
it would read, so changing a setting or an input redoes what that touches and nothing else.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import polars as pl

from annotate.model.errors import Rejection
from annotate.model.tables import Table
from annotate.model.unexpected import Streak
from annotate.store.lake import Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one or several items of a shard.

    Attributes:
        rows: Rows for the step's table, without the store's bookkeeping.
        rejected: The items that could not be used.
        before: Rows of other tables that must be there before `rows`.
        items: How many of the shard's items this settles.
        audio_ms: Length of the recordings among them.
    """

    rows: pl.DataFrame | None = None
    rejected: tuple[Rejection, ...] = ()
    before: tuple[tuple[type[Table], pl.DataFrame], ...] = ()
    items: int = 1
    audio_ms: int = 0


class Step(ABC):
    """One stage's work.

    Attributes:
        id_column: Names an item in `inputs` and in the output table.
        shard_size: Items worked on at a stretch, at most.
        exclusive: Whether processes on one lake share the items out among them. Otherwise each
            does all of the work: nothing breaks, but expensive work is done twice.
        hour_price: What an hour of this work costs, in any money; None if nobody wants to know.
        retry_refused: Whether a plan takes up again what was refused, though nothing has changed.
    """

    name: ClassVar[str]
    output: ClassVar[type[Table]]
    id_column: ClassVar[str]
    version: ClassVar[int] = 1
    shard_size: ClassVar[int] = 256
    exclusive: ClassVar[bool] = False
    hour_price: float | None = None
    retry_refused: bool = False

    @cached_property
    def streak(self) -> Streak:
        """The items in a row that ended in an unexpected error, over all shards of a run."""
        return Streak()

    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """Every setting that can change the result; what only changes the speed stays out."""

    @abstractmethod
    def inputs(self, lake: Lake) -> pl.DataFrame:
        """The items there are: `id_column`, `input_key`, and whatever `work` wants to know."""

    def prepare(self) -> None:  # noqa: B027 (most steps have nothing to load)
        """Load what `work` needs. Called once, when it's certain that there is work."""

    @abstractmethod
    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Work on the items of one shard, in any order, and yield each as it is done.

        What it raises other than `AnnotateError` costs the item that causes it: those that weren't
        yielded are worked on again, in smaller shards. So it may be called several times.
        """

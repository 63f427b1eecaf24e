"""The step contract: a step processes the items that are missing, and may be killed and rerun.

A step reads tables and writes one; rows of other tables that must exist before its own are written
first. Only the output table and the quarantine determine what is done: an item is done when either
has a row with its id and step key. The step key hashes the step's version, its parameters and the
item's input, so a changed setting or input causes exactly the items that depend on it to be redone.
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
    """The result of one or several items of a shard.

    Attributes:
        rows: Rows for the step's table, without the store's bookkeeping.
        rejected: The items that could not be used.
        before: Rows of other tables that must be written before `rows`.
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
        id_column: Identifies an item in `inputs` and in the output table.
        shard_size: Items of one shard, at most.
        exclusive: Whether processes on one lake divide the items among them. Otherwise each
            processes all items: nothing breaks, but expensive work is repeated.
        hour_price: Cost of an hour of this work, in any currency; None if unknown.
        retry_refused: Whether a plan includes rejected items again, though nothing has changed.
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

    def decide(self, lake: Lake, *, measure: bool) -> None:  # noqa: B027 (most decide nothing)
        """Replace settings that depend on the lake or the machine, before `parameters` is called.

        Args:
            measure: Whether the decision may take time and be written to the lake. Otherwise the
                lake is only looked at, and nothing heavy is imported.
        """

    @abstractmethod
    def parameters(self) -> Mapping[str, Any]:
        """Every setting that can change the result; what only changes the speed stays out."""

    @abstractmethod
    def inputs(self, lake: Lake) -> pl.DataFrame:
        """All items: `id_column`, `input_key`, and whatever other columns `work` requires."""

    def prepare(self) -> None:  # noqa: B027 (most steps have nothing to load)
        """Load what `work` requires. Called once, only if there is work."""

    @abstractmethod
    def work(self, lake: Lake, shard: pl.DataFrame) -> Iterator[Outcome]:
        """Work on the items of one shard, in any order, and yield each as it is done.

        An exception other than `AnnotateError` rejects only the item that causes it: items that
        weren't yielded are processed again in smaller shards. So it may be called several times.
        """

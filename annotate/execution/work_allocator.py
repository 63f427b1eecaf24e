"""Allocation of a step's work: shards claimed by one process while others claim theirs."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Generator

import polars as pl

from annotate.execution.leases import KEYS, Leases
from annotate.model.errors import AnnotateError
from annotate.model.tables import Quarantine, Table, dtypes, table_name
from annotate.store.lake import RESOLVED, Lake

LEAST = 16
"""Smallest shard unless fewer items are left: each shard has a fixed overhead."""

TRIES = 200
"""Failed attempts to claim, because of claims by others, before an error is raised."""

WAIT_SECONDS = 0.05
"""Longest wait after the first failed claim; it grows with the attempts."""

WINDOW = 4
"""Multiple of the shard size: the number of items that are read first."""


class ChangeReader:
    """Reads the rows of a step written since this was created, by any process.

    Files of a table are never changed, so those read once are never read again.
    """

    def __init__(self, lake: Lake, step: str, output: type[Table], id_column: str):
        self._lake = lake
        self._step = step
        self._id_column = id_column
        self._read = {table: self._files(table) for table in (output, Quarantine)}

    def settled(self) -> pl.DataFrame:
        """The items written or rejected since the last call: `item` and `step_key`."""
        frames = []
        for table, known in self._read.items():
            found = self._lake.delta(table_name(table)).open()
            files = found.files if found else frozenset()
            rows = found.scan(files - known) if found else pl.LazyFrame(schema=dtypes(table))
            self._read[table] = known | files
            if table is Quarantine:
                rows = rows.filter(pl.col("step") == self._step, pl.col("reason") != RESOLVED)
            item = "item" if table is Quarantine else self._id_column
            frames.append(rows.select(item=item, step_key="step_key"))
        return pl.concat(frames).unique().collect()

    def _files(self, table: type[Table]) -> frozenset[str]:
        found = self._lake.delta(table_name(table)).open()
        return found.files if found else frozenset()


class WorkAllocator:
    """Takes shards of a plan's work, each claimed so that no other process works on it.

    Args:
        todo: The plan's items, with `step_key`.
        id_column: Identifies an item in `todo`.
        largest: Items in a shard, at most.
        changes: Created before the plan, so that no change is missed.
        report_others: Called with the number of further items that other processes do.
    """

    def __init__(
        self,
        claims: Leases,
        todo: pl.DataFrame,
        id_column: str,
        largest: int,
        changes: ChangeReader,
        report_others: Callable[[int], None],
    ):
        self._claims = claims
        self._todo = todo
        self._id_column = id_column
        self._largest = largest
        self._changes = changes
        self._report_others = report_others
        self._settled = self._keys(todo.clear())
        self._mine = self._settled

    def shards(self) -> Generator[pl.DataFrame, None, None]:
        """The shards, each claimed until the next is requested or the generator is closed.

        Ends when all remaining items are claimed by other processes.

        Raises:
            AnnotateError: If no claim can be written.
        """
        while (taken := self._take()) is not None:
            name, shard = taken
            with self._claims.renewed(name, self._mine):
                yield shard
        self._report_others(self._todo.height)

    def _take(self) -> tuple[str, pl.DataFrame] | None:
        for attempt in range(TRIES):
            # The claims are read first: items released before that are in the changes.
            lease_table = self._claims.read()
            others = self._changes.settled().join(self._mine, on=KEYS, how="anti")
            self._settled = pl.concat([self._settled, others])
            free, reach = self._free(lease_table.claimed)
            if free.is_empty():
                return None
            left = self._todo.height - lease_table.claimed.height
            shard = free.head(shard_size(left, lease_table.workers + 1, self._largest))
            name = self._claims.claim(lease_table, self._keys(shard))
            if name is not None:
                self._mine = self._keys(shard)
                self._leave_out(self._mine, within=reach)
                return name, shard
            longest = WAIT_SECONDS * min(attempt + 1, 20)
            time.sleep(random.uniform(0, longest))  # noqa: S311 (spreads them out)
        raise AnnotateError(
            "no items can be claimed: check that nothing else writes the table `claims`"
        )

    def _free(self, claimed: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """The first items that are neither settled nor claimed, and the number of items read.

        All processes start at the front, so that the end of a long list needn't be read.
        """
        reach = WINDOW * self._largest
        while True:
            settled = self._leave_out(self._settled, within=reach)
            self._settled = self._settled.join(settled, on=KEYS, how="anti")
            if not settled.is_empty():
                self._report_others(settled.height)
            free = self._without(self._todo.head(reach), claimed)
            if free.height >= self._largest or reach >= self._todo.height:
                return free, reach
            reach *= 2

    def _leave_out(self, others: pl.DataFrame, *, within: int) -> pl.DataFrame:
        """Remove items from the first `within` of the list; return those that were found."""
        front = self._todo.head(within)
        found = self._keys(front).join(others, on=KEYS, how="semi")
        if not found.is_empty():
            self._todo = pl.concat([self._without(front, found), self._todo.slice(within)])
        return found

    def _without(self, items: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
        own = [self._id_column, "step_key"]
        return items.join(others, left_on=own, right_on=KEYS, how="anti", maintain_order="left")

    def _keys(self, items: pl.DataFrame) -> pl.DataFrame:
        return items.select(item=self._id_column, step_key="step_key")


def shard_size(free: int, workers: int, largest: int) -> int:
    """How many of the free items one of so many workers should take at once.

    Half of an even split: large while there is much to do, small towards the end, so that all
    workers finish at about the same time (guided self-scheduling, Polychronopoulos and Kuck
    1987, with half of its size because more workers may start).
    """
    return min(largest, max(LEAST, math.ceil(free / (2 * workers))))

"""One process's share of a step's work: piece after piece, while others take theirs."""

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
"""No smaller piece is taken unless fewer items are left: a piece has a start and an end to pay."""

TRIES = 200
"""As often a claim may come too late in a row before something must be wrong with the lake."""

OUT_OF_THE_WAY_SECONDS = 0.05

WINDOW = 4
"""Pieces' worth of items that are looked at first."""


class ChangeReader:
    """What has been settled in a step since this was made, whoever did it.

    Files of a table are never changed, so those read once are never read again.
    """

    def __init__(self, lake: Lake, step: str, output: type[Table], id_column: str):
        self._lake = lake
        self._step = step
        self._id_column = id_column
        self._read = {table: self._files(table) for table in (output, Quarantine)}

    def settled(self) -> pl.DataFrame:
        """The items written or refused since the last call: `item` and `step_key`."""
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
    """Takes pieces of a plan's work, each claimed so that no other process works on it.

    Args:
        todo: The plan's items, with `step_key`.
        id_column: Names an item in `todo`.
        largest: Items in a piece, at most.
        changes: Made before the plan was, so that nothing falls between them.
        report_others: Called with how many more items turned out to be others'.
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
        self._news = changes
        self._report_others = report_others
        self._settled = self._keys(todo.clear())
        self._mine = self._settled

    def pieces(self) -> Generator[pl.DataFrame, None, None]:
        """Piece after piece, each held until the next is asked for or the generator is closed.

        Ends when nothing is left but what other processes hold.

        Raises:
            AnnotateError: If the lake takes no claims.
        """
        while (taken := self._take()) is not None:
            name, piece = taken
            with self._claims.held(name, self._mine):
                yield piece
        self._report_others(self._todo.height)

    def _take(self) -> tuple[str, pl.DataFrame] | None:
        for attempt in range(TRIES):
            # The claims are looked at first: what was given back before that is in the changes.
            lease_table = self._claims.read()
            others = self._news.settled().join(self._mine, on=KEYS, how="anti")
            self._settled = pl.concat([self._settled, others])
            free, reach = self._free(lease_table.held)
            if free.is_empty():
                return None
            left = self._todo.height - lease_table.held.height
            piece = free.head(piece_size(left, lease_table.workers + 1, self._largest))
            name = self._claims.claim(lease_table, self._keys(piece))
            if name is not None:
                self._mine = self._keys(piece)
                self._leave_out(self._mine, within=reach)
                return name, piece
            out_of_the_way = OUT_OF_THE_WAY_SECONDS * min(attempt + 1, 20)
            time.sleep(random.uniform(0, out_of_the_way))  # noqa: S311 (spreads them out)
        raise AnnotateError("the lake takes no claims: see that nothing else writes its `claims`")

    def _free(self, held: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """The first items that nobody has settled or holds, and how far into the list they reach.

        All work from the front, so that the far end of a long list needn't be looked at.
        """
        reach = WINDOW * self._largest
        while True:
            settled = self._leave_out(self._settled, within=reach)
            self._settled = self._settled.join(settled, on=KEYS, how="anti")
            if not settled.is_empty():
                self._report_others(settled.height)
            free = self._without(self._todo.head(reach), held)
            if free.height >= self._largest or reach >= self._todo.height:
                return free, reach
            reach *= 2

    def _leave_out(self, others: pl.DataFrame, *, within: int) -> pl.DataFrame:
        """Strike items out among the first of the list; return which of them were there."""
        front = self._todo.head(within)
        there = self._keys(front).join(others, on=KEYS, how="semi")
        if not there.is_empty():
            self._todo = pl.concat([self._without(front, there), self._todo.slice(within)])
        return there

    def _without(self, items: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
        mine = [self._id_column, "step_key"]
        return items.join(others, left_on=mine, right_on=KEYS, how="anti", maintain_order="left")

    def _keys(self, items: pl.DataFrame) -> pl.DataFrame:
        return items.select(item=self._id_column, step_key="step_key")


def piece_size(free: int, workers: int, largest: int) -> int:
    """How many of the free items one of so many workers should take at once.

    Half of an even share: large while there is much to do, small towards the end, so that all
    come to the end at about the same time (guided self-scheduling, Polychronopoulos and Kuck
    1987, with half of its size because workers may yet arrive).
    """
    return min(largest, max(LEAST, math.ceil(free / (2 * workers))))

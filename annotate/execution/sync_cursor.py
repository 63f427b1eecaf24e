"""Sync cursor of a project on a server: the start of the next listing, and its batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import polars as pl

from annotate.label_studio.mapping import Task, parse_task
from annotate.model.tables import Places, content_frame
from annotate.store.lake import Lake


class SyncCursor:
    """The newest change seen in a project, in the table `places`.

    It is written after everything that was read is committed: after an interruption the rest is
    read again.

    Args:
        place: The project's name in the lake.
        step_key: The step key of the row.
    """

    def __init__(self, lake: Lake, place: str, step_key: str):
        self._lake = lake
        self._place = place
        self._step_key = step_key
        rows = lake.current(Places).filter(pl.col("place") == place)
        found = rows.select("seen_until").collect()["seen_until"]
        self.seen_until: datetime | None = found[0] if len(found) else None
        self._newest = self.seen_until

    def batches(self, raw: Iterable[Mapping[str, Any]], size: int) -> Iterator[list[Task]]:
        """The tasks as the server lists them, `size` at a time; the newest change is noted."""
        listed = iter(raw)
        while tasks := [parse_task(one) for one in islice(listed, size)]:
            times = [task.updated_at for task in tasks]
            self._newest = max(times if self._newest is None else [*times, self._newest])
            yield tasks

    def commit(self) -> None:
        """Write the time of the newest change read, if it is later than before."""
        if self._newest is None or self._newest == self.seen_until:
            return
        row = {"place": self._place, "seen_until": self._newest.astimezone(UTC)}
        frame = content_frame(Places, [row])
        self._lake.add(Places, frame.with_columns(step_key=pl.lit(self._step_key)))
        self.seen_until = self._newest

"""What annotators handed in on a server, listed into the table `submissions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import polars as pl

from annotate.ingest.claims import TAKEN_BACK, Claims
from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Task, parse_task, recorded
from annotate.model.ids import digest
from annotate.model.tables import (
    STAMPED,
    Places,
    Submissions,
    Table,
    content_frame,
)
from annotate.store.lake import Lake
from annotate.store.quarantine import resolve

COMMIT = 5_000
"""Rows a commit."""

BATCH = 200
"""Tasks looked at together."""

AT_ONCE = 8
"""Records of recordings asked for at a time."""

STEP_KEY = digest("listing", 2)

Row = dict[str, Any]


class Listing:
    """Keeps the table `submissions` like one project on a server.

    Args:
        place: What the project is called in the lake.
    """

    def __init__(self, studio: Studio, project: int, place: str, lake: Lake):
        self._studio = studio
        self._project = project
        self._place = place
        self._lake = lake
        self._claims = Claims(studio.recorder, project)

    def refresh(self, overlap: timedelta) -> None:
        """List what has changed, and everything when something has gone without a trace.

        A deleted annotation marks its task as changed, but a deleted task marks nothing. So the
        server's count of annotations is compared with ours, and only if they differ is the whole
        project listed; and once when rows are there that an older version of this has listed.
        """
        seen = self._seen_until()
        if seen is None or self._outdated():
            self._list(None, None)
            return
        self._list(seen - overlap, None)
        if self._studio.annotation_count(self._project) != self._standing():
            self._list(None, seen - overlap)

    def _list(self, since: datetime | None, settled: datetime | None) -> None:
        """List tasks changed after `since`.

        Args:
            settled: What hasn't changed after this time needn't be asked about again.
        """
        known = self._known()
        by_task: dict[int, set[str]] = defaultdict(set)
        for name, row in known.items():
            by_task[row["task"]].add(name)
        gone = set(known)
        newest = self._seen_until()
        waiting: list[Row] = []
        for tasks in _batches(self._studio.changed_tasks(self._project, since)):
            newest = max([task.updated_at for task in tasks] + ([newest] if newest else []))
            for task, there in zip(tasks, self._rows(tasks, known, settled), strict=True):
                waiting += [row for name, row in there.items() if known.get(name) != row]
                waiting += _withdrawn(known, by_task[task.id] - there.keys())
                gone -= there.keys()
            if len(waiting) >= COMMIT:
                self._commit(waiting)
                waiting.clear()
        # How far we are is written last: what is cut off is listed again.
        self._commit(waiting + (_withdrawn(known, gone) if since is None else []))
        if newest is not None:
            self._append(Places, [{"place": self._place, "seen_until": newest}])

    def _rows(
        self, tasks: Sequence[Task], known: Mapping[str, Row], settled: datetime | None
    ) -> list[dict[str, Row]]:
        """The rows of each task's annotations, by name."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = pool.map(lambda task: self._rows_of(task, known, settled), tasks)
            return list(found)

    def _rows_of(
        self, task: Task, known: Mapping[str, Row], settled: datetime | None
    ) -> dict[str, Row]:
        unchanged = settled is not None and task.updated_at <= settled
        rows = {}
        for one in recorded(self._place, task):
            there = known.get(one.item)
            if unchanged and there and not there["withdrawn"]:
                rows[one.item] = there
                continue
            rows[one.item] = {
                "source": one.item,
                "place": self._place,
                "task": task.id,
                "updated_at": one.updated_at.astimezone(UTC),
                "step_key": STEP_KEY,
                **self._claims.settle(one, task.id),
            }
        return rows

    def _commit(self, rows: list[Row]) -> None:
        newest = {row["source"]: row for row in rows}
        self._append(Submissions, list(newest.values()))
        self._forgive({name for name, row in newest.items() if row["withdrawn"]})

    def _forgive(self, withdrawn: set[str]) -> None:
        """What was refused and has been taken back since needs no one's attention any more."""
        if not withdrawn:
            return
        refused = self._lake.quarantined().filter(
            (pl.col("step") == "ingest") & pl.col("item").is_in(list(withdrawn))
        )
        resolve(self._lake, refused)

    def _append(self, table: type[Table], rows: list[Row]) -> None:
        frame = content_frame(table, rows).with_columns(step_key=pl.lit(STEP_KEY))
        self._lake.add(table, frame)

    def _known(self) -> dict[str, Row]:
        rows = self._lake.current(Submissions).filter(pl.col("place") == self._place)
        frame = rows.drop(STAMPED).collect()
        return {row["source"]: row for row in frame.iter_rows(named=True)}

    def _standing(self) -> int:
        """How many annotations there are at the server, as far as we know."""
        rows = self._known().values()
        return sum(not row["withdrawn"] or row["reason"] == TAKEN_BACK for row in rows)

    def _outdated(self) -> bool:
        rows = self._known().values()
        return any(row["step_key"] != STEP_KEY and not row["withdrawn"] for row in rows)

    def _seen_until(self) -> datetime | None:
        rows = self._lake.current(Places).filter(pl.col("place") == self._place)
        found = rows.select("seen_until").collect()["seen_until"]
        return found[0] if len(found) else None


def _batches(raw: Iterator[Mapping[str, Any]]) -> Iterator[list[Task]]:
    while batch := [parse_task(one) for one in islice(raw, BATCH)]:
        yield batch


def _withdrawn(known: Mapping[str, Row], names: Iterable[str]) -> list[Row]:
    return [
        {**known[name], "withdrawn": True, "reason": None, "step_key": STEP_KEY}
        for name in sorted(names)
        if not known[name]["withdrawn"] or known[name]["reason"] == TAKEN_BACK
    ]

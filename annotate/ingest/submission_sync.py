"""Sync of annotators' submissions on a server into the table `submissions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from annotate.execution.sync_cursor import SyncCursor
from annotate.ingest.claims import TAKEN_BACK, Claims
from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Task, recorded
from annotate.model.ids import digest
from annotate.model.tables import STAMPED, Submissions, content_frame
from annotate.store.lake import Lake
from annotate.store.quarantine import resolve_items

COMMIT = 5_000
"""Rows per commit."""

BATCH = 200
"""Tasks read together."""

AT_ONCE = 8
"""Records of recordings requested concurrently."""

STEP_KEY = digest("listing", 2)

Row = dict[str, Any]


class SubmissionSync:
    """Keeps the table `submissions` equal to one project on a server.

    Args:
        place: The project's name in the lake.
    """

    def __init__(self, studio: Studio, project: int, place: str, lake: Lake):
        self._studio = studio
        self._project = project
        self._place = place
        self._lake = lake
        self._claims = Claims(studio.recorder, project)
        self._cursor = SyncCursor(lake, place, STEP_KEY)

    def refresh(self, overlap: timedelta) -> None:
        """List what has changed, and everything when the counts show that something was deleted.

        A deleted annotation changes its task's time, but a deleted task changes nothing. So the
        server's count of annotations is compared with that of the lake, and the whole project is
        listed only if they differ; and once if the table has rows of an older version.
        """
        seen = self._cursor.seen_until
        if seen is None or self._outdated():
            self._list(None, None)
            return
        self._list(seen - overlap, None)
        if self._studio.annotation_count(self._project) != self._annotations():
            self._list(None, seen - overlap)

    def _list(self, since: datetime | None, settled: datetime | None) -> None:
        """List tasks changed after `since`.

        Args:
            settled: Records of tasks that haven't changed after this time aren't requested again.
        """
        known = self._known()
        by_task: dict[int, set[str]] = defaultdict(set)
        for name, row in known.items():
            by_task[row["task"]].add(name)
        removed = set(known)
        waiting: list[Row] = []
        listed = self._studio.changed_tasks(self._project, since)
        for tasks in self._cursor.batches(listed, BATCH):
            for task, rows in zip(tasks, self._rows(tasks, known, settled), strict=True):
                waiting += [row for name, row in rows.items() if known.get(name) != row]
                waiting += _withdrawn(known, by_task[task.id] - rows.keys())
                removed -= rows.keys()
            if len(waiting) >= COMMIT:
                self._commit(waiting)
                waiting.clear()
        self._commit(waiting + (_withdrawn(known, removed) if since is None else []))
        self._cursor.commit()

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
            row = known.get(one.item)
            if unchanged and row and not row["withdrawn"]:
                rows[one.item] = row
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
        frame = content_frame(Submissions, list(newest.values()))
        self._lake.add(Submissions, frame.with_columns(step_key=pl.lit(STEP_KEY)))
        withdrawn = [name for name, row in newest.items() if row["withdrawn"]]
        if withdrawn:  # a withdrawn item requires no attention any more
            resolve_items(self._lake, "ingest", pl.Series(withdrawn))

    def _known(self) -> dict[str, Row]:
        rows = self._lake.current(Submissions).filter(pl.col("place") == self._place)
        frame = rows.drop(STAMPED).collect()
        return {row["source"]: row for row in frame.iter_rows(named=True)}

    def _annotations(self) -> int:
        """The number of annotations on the server according to the table."""
        rows = self._known().values()
        return sum(not row["withdrawn"] or row["reason"] == TAKEN_BACK for row in rows)

    def _outdated(self) -> bool:
        rows = self._known().values()
        return any(row["step_key"] != STEP_KEY and not row["withdrawn"] for row in rows)


def _withdrawn(known: Mapping[str, Row], names: Iterable[str]) -> list[Row]:
    return [
        {**known[name], "withdrawn": True, "reason": None, "step_key": STEP_KEY}
        for name in sorted(names)
        if not known[name]["withdrawn"] or known[name]["reason"] == TAKEN_BACK
    ]

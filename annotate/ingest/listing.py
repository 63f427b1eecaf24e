"""What annotators handed in on a server, listed into the table `submissions`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from pydantic import ValidationError

from annotate.ingest.manifest import ManifestRow, first_fault
from annotate.label_studio.client import Studio
from annotate.label_studio.mapping import Recorded, Task, parse_task, recorded
from annotate.model.errors import AnnotateError, Rejection
from annotate.model.ids import digest
from annotate.model.tables import (
    BOOKKEEPING,
    Places,
    Submissions,
    Table,
    content_frame,
)
from annotate.store.lake import Lake
from annotate.store.quarantine import resolve

COMMIT = 5_000
"""Rows a commit."""

STEP_KEY = digest("listing", 1)

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

    def refresh(self, overlap: timedelta) -> None:
        """List what has changed, and everything when something has gone without a trace.

        A deleted annotation marks its task as changed, but a deleted task marks nothing. So the
        server's count of annotations is compared with ours, and only if they differ is the whole
        project listed.
        """
        seen = self._seen_until()
        self._list(seen - overlap if seen else None)
        if seen is not None and self._studio.annotation_count(self._project) != self._standing():
            self._list(None)

    def _list(self, since: datetime | None) -> None:
        known = self._known()
        by_task: dict[int, set[str]] = defaultdict(set)
        for name, row in known.items():
            by_task[row["task"]].add(name)
        gone = set(known)
        newest = self._seen_until()
        waiting: list[Row] = []
        for raw in self._studio.changed_tasks(self._project, since):
            task = parse_task(raw)
            newest = max(newest or task.updated_at, task.updated_at)
            there = {row["source"]: row for row in self._rows(task)}
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

    def _rows(self, task: Task) -> Iterator[Row]:
        for one in recorded(self._place, task):
            yield {
                "source": one.item,
                "place": self._place,
                "task": task.id,
                "updated_at": one.updated_at.astimezone(UTC),
                "withdrawn": False,
                **_described(one),
            }

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
        broken = self._lake.append(table, frame)
        if not broken.is_empty():
            raise AnnotateError(
                f"{self._place} can't be listed: a row breaks {broken['broken'][0]}"
            )

    def _known(self) -> dict[str, Row]:
        rows = self._lake.current(Submissions).filter(pl.col("place") == self._place)
        frame = rows.drop(BOOKKEEPING).collect()
        return {row["source"]: row for row in frame.iter_rows(named=True)}

    def _standing(self) -> int:
        return sum(not row["withdrawn"] for row in self._known().values())

    def _seen_until(self) -> datetime | None:
        rows = self._lake.current(Places).filter(pl.col("place") == self._place)
        found = rows.select("seen_until").collect()["seen_until"]
        return found[0] if len(found) else None


def _withdrawn(known: Mapping[str, Row], names: Iterable[str]) -> list[Row]:
    return [
        {**known[name], "withdrawn": True} for name in sorted(names) if not known[name]["withdrawn"]
    ]


def _described(one: Recorded) -> Row:
    """The manifest's line that an annotation amounts to, or what is wrong with it."""
    facts: Row = {
        "described": None,
        "sha256": None,
        "image_sha256": one.image_sha256,
        "image_name": one.image_name,
        "error": None,
    }
    reference = one.reference
    if isinstance(reference, Rejection):
        return {**facts, "error": reference.detail}
    path = f"/annotate/recordings/{reference.recording}"
    try:
        line = ManifestRow.model_validate(
            {
                "recording": path,
                "trace": f"{path}/trace",
                "image": one.image,
                "annotator": one.annotator_id,
                **reference.model_dump(
                    include={"client_ms", "prompts", "recorded_at", "language", "consent"}
                ),
            }
        )
    except ValidationError as error:
        return {**facts, "error": first_fault(error)}
    return {**facts, "described": line.model_dump_json(), "sha256": reference.sha256}

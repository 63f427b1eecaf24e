"""Leases: claims on items, so that concurrent processes on one lake don't repeat each other's work.

A claim is a row in a Delta table with the items that a process works on and an expiry time. It is
written by compare-and-swap: the process whose commit follows a version of the table in which an
item was free has claimed it, and all other commits onto that version fail. A claim is renewed while
its process is running. It is void when it has expired or its process is known to have ended, so a
killed process blocks no other. Clock differences between machines must be much less than the lease.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from annotate.execution.process_id import has_ended, this_worker
from annotate.model.claims import CLAIMS, claim_dtypes
from annotate.model.errors import AnnotateError
from annotate.store.delta import Snapshot, order
from annotate.store.lake import Lake

LEASE_SECONDS = 120.0
"""How long a claim is valid without renewal."""

RENEW_SECONDS = 30.0
"""Interval between renewals: three may fail before the claim expires."""

FORGOTTEN = timedelta(hours=1)
"""Older rows, far older than any lease, are ignored."""

KEYS = ["item", "step_key"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeaseTable:
    """The claims on a step at one version of the table.

    Attributes:
        claimed: The claimed items: `item` and `step_key`.
        workers: Number of processes with claims.
    """

    version: Snapshot
    claimed: pl.DataFrame
    workers: int


class Leases:
    """Reads and writes the claims on one step's items for one process.

    Args:
        worker: The process's name; this one's by default.
        lease_seconds: How long a claim is valid without renewal.
        renew_seconds: Interval between renewals.
    """

    def __init__(
        self,
        lake: Lake,
        step: str,
        worker: str | None = None,
        *,
        lease_seconds: float = LEASE_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
    ):
        self._lake = lake
        self._step = step
        self._worker = worker or this_worker()
        self._lease = timedelta(seconds=lease_seconds)
        self._renew_seconds = renew_seconds

    def read(self) -> LeaseTable:
        """The claims that are valid now.

        Raises:
            AnnotateError: If the lake can't be read or written.
        """
        version = self._open()
        now = datetime.now(UTC)
        claims = version.scan()
        rows = (
            claims.filter(pl.col("written_at") > now - FORGOTTEN, pl.col("step") == self._step)
            .sort(order(claims.collect_schema()))
            .unique("claim", keep="last")
            .filter(pl.col("until") > now)
            .select("worker", "items")
            .collect()
        )
        ended = [worker for worker in rows["worker"].unique() if has_ended(worker)]
        rows = rows.filter(~pl.col("worker").is_in(ended))
        claimed = rows.select("items").explode("items", empty_as_null=False).unnest("items")
        return LeaseTable(version=version, claimed=claimed, workers=rows["worker"].n_unique())

    def claim(self, lease_table: LeaseTable, items: pl.DataFrame) -> str | None:
        """Claim items that are free in `lease_table`; `items` has `item` and `step_key` of each.

        Returns:
            The claim's name, or None when the claims have changed meanwhile and must be read again.

        Raises:
            AnnotateError: If the lake can't be written.
        """
        name = uuid.uuid4().hex
        row = self._row(name, items, self._lease)
        return name if lease_table.version.append(row) else None

    @contextmanager
    def renewed(self, name: str, items: pl.DataFrame) -> Iterator[None]:
        """Renew a claim during the block, and release it at the end, also after an error."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self._renew_seconds):
                self._write(name, items, self._lease)

        renewal = threading.Thread(target=renew, name=f"claim {name}", daemon=True)
        renewal.start()
        try:
            yield
        finally:
            over.set()
            renewal.join()
            self._write(name, items.clear(), timedelta(0))

    def _write(self, name: str, items: pl.DataFrame, lasting: timedelta) -> None:
        """Add a row of this process's claim. If that fails, the lease expires by itself."""
        with suppress(AnnotateError):
            self._lake.delta(CLAIMS).append(self._row(name, items, lasting))

    def _row(self, name: str, items: pl.DataFrame, lasting: timedelta) -> pl.DataFrame:
        now = datetime.now(UTC)
        row = {
            "claim": name,
            "step": self._step,
            "worker": self._worker,
            "until": now + lasting,
            "items": items.select(KEYS).to_dicts(),
            "written_at": now,
        }
        return pl.DataFrame([row], schema=claim_dtypes())

    def _open(self) -> Snapshot:
        claims = self._lake.delta(CLAIMS)
        found = claims.open()
        if found is None:
            claims.make(claim_dtypes())
            found = claims.open()
        if found is None:
            raise AnnotateError(f"cannot write to {self._lake.root}: check its permissions")
        return found

"""Leases: how processes on one lake, on one machine or many, keep out of each other's way.

A claim is a row in a Delta table that says which items a process works on and until when. It is
put there by compare and swap: whoever commits onto a version of the table in which an item was
free has it, and everybody else's commit onto that version fails. A claim is renewed while its
holder lives and void when it has run out, or when its holder is known to have ended, so a killed
process holds nobody up. Clocks of different machines may differ by much less than the lease.
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
"""How long a claim holds when nobody renews it."""

RENEW_SECONDS = 30.0
"""A claim is renewed so often: three renewals may fail before it is lost."""

FORGOTTEN = timedelta(hours=1)
"""A row older than this, far longer than any lease, says nothing any more and isn't read."""

KEYS = ["item", "step_key"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeaseTable:
    """The claims on a step as they stood at one version of the table.

    Attributes:
        held: The claimed items: `item` and `step_key`.
        workers: How many processes hold them.
    """

    version: Snapshot
    held: pl.DataFrame
    workers: int


class Leases:
    """One process's view of who works on what in a step.

    Args:
        worker: The process's name; this one's by default.
        lease_seconds: How long a claim holds unless it is renewed.
        renew_seconds: How often it is renewed.
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
        """The claims that hold now.

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
        held = rows.select("items").explode("items", empty_as_null=False).unnest("items")
        return LeaseTable(version=version, held=held, workers=rows["worker"].n_unique())

    def claim(self, lease_table: LeaseTable, items: pl.DataFrame) -> str | None:
        """Claim items that nobody holds on that lease_table, `item` and `step_key` of each.

        Returns:
            The claim's name, or None when the claims have changed meanwhile: read again.

        Raises:
            AnnotateError: If the lake can't be written.
        """
        name = uuid.uuid4().hex
        row = self._row(name, items, self._lease)
        return name if lease_table.version.append(row) else None

    @contextmanager
    def held(self, name: str, items: pl.DataFrame) -> Iterator[None]:
        """Keep a claim renewed, and give it back at the end, however that comes."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self._renew_seconds):
                self._write(name, items, self._lease)

        heart = threading.Thread(target=renew, name=f"claim {name}", daemon=True)
        heart.start()
        try:
            yield
        finally:
            over.set()
            heart.join()
            self._write(name, items.clear(), timedelta(0))

    def _write(self, name: str, items: pl.DataFrame, lasting: timedelta) -> None:
        """Add a row about a claim of ours. Should that fail, the lease runs out by itself."""
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
            raise AnnotateError(f"cannot write to {self._lake.root}: see to its permissions")
        return found

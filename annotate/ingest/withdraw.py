"""Withdrawn submissions: they stay in the lake but are no longer used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from annotate.execution.step import Outcome
from annotate.ingest.source import Item
from annotate.model.consent import MISSING, WITHDRAWN
from annotate.model.errors import Rejection
from annotate.model.tables import Consents, Recordings, Submissions, content_frame
from annotate.store.lake import Lake
from annotate.store.standing import stated


class Withdrawals:
    """Withdraws earlier recordings of one shard's items."""

    def __init__(self, lake: Lake, items: Sequence[Item]):
        following = [item.source for item in items if item.replaces or item.withdrawn]
        names = pl.DataFrame({"source": following}, schema={"source": pl.String})
        self._earlier = content_frame(Recordings, [])
        self._standing: set[str] = set()
        if following:  # most folders have no such lines, so the tables needn't be read
            earlier = lake.current(Recordings).join(names.lazy(), on="source", how="semi")
            self._earlier = earlier.select(self._earlier.columns).collect()
            # Without copies: if a copy's consent is restored, this one's must not be.
            scopes = stated(lake, self._earlier.select("recording_id"))
            valid = scopes.filter(pl.col("scope") != WITHDRAWN).select("recording_id").collect()
            self._standing = set(valid["recording_id"])

    def withdraw(self, item: Item) -> Outcome:
        """The outcome of a withdrawn item, whose withdrawn consent has been written already."""
        earlier = self._earlier.filter(pl.col("source") == item.source)
        if earlier.is_empty():
            detail = "its consent was withdrawn, so it isn't ingested"
            rejected = Rejection(item=item.source, reason=WITHDRAWN, detail=detail)
            return Outcome(rejected=(rejected,))
        return Outcome(rows=earlier)

    def settle(self, item: Item, outcome: Outcome) -> Outcome:
        """Withdraw the recordings that an item's new recording replaces."""
        if outcome.rows is None or not item.replaces:
            return outcome
        replaced = self._earlier.filter(
            (pl.col("source") == item.source)
            & (pl.col("recording_id") != outcome.rows["recording_id"].item())
            & pl.col("recording_id").is_in(list(self._standing))
        )
        missing = replaced.select(
            "recording_id",
            "annotator_id",
            source=pl.lit(item.place),
            scope=pl.lit(MISSING.scope),
            at=pl.lit(None, pl.String),
            statement=pl.lit(None, pl.String),
        ).select(content_frame(Consents, []).columns)
        return replace(outcome, before=(*outcome.before, (Consents, missing)))


def owners(lake: Lake, ids: pl.DataFrame, items: Sequence[Item]) -> dict[str, str]:
    """The names under which recordings were first ingested, by id.

    A submission that was removed on its server may be submitted again under another name.
    """
    known = lake.current(Recordings, only=ids).select("recording_id", "source")
    if any(item.replaces for item in items):
        removed = lake.current(Submissions).filter("withdrawn").select("source")
        known = known.join(removed, on="source", how="anti")
    return dict(known.collect().iter_rows())

"""What was handed in and then taken back: it stays in the lake, and nothing uses it any more.

Two rows see to that. The recording's consent gets the scope `withdrawn`, which no release allows;
and a verdict rejects it, so that the caption is composed again from the image's other recordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from annotate.ingest.source import Item
from annotate.model.ids import recording_id
from annotate.model.tables import BOOKKEEPING, Recordings, Verdicts, content_frame
from annotate.store.lake import Lake
from annotate.store.step import Outcome

WITHDRAWN = "withdrawn"
CHECK = "is_withdrawn"


class Withdrawals:
    """Takes back what the items of one shard have brought in before."""

    def __init__(self, lake: Lake, items: Sequence[Item]):
        following = [item.source for item in items if item.replaces or item.withdrawn]
        names = pl.DataFrame({"source": following}, schema={"source": pl.String})
        self._earlier = content_frame(Recordings, [])
        self._barred: set[str] = set()
        if following:  # a folder's lines are never taken back, and need no look at the tables
            earlier = lake.current(Recordings).join(names.lazy(), on="source", how="semi")
            self._earlier = earlier.drop(BOOKKEEPING).collect()
            self._barred = _barred(lake, items)

    def take_back(self, item: Item) -> Outcome:
        """Withdraw everything that came in under the item's name."""
        earlier = self._earlier.filter(pl.col("source") == item.source)
        return Outcome(
            rows=_without_consent(earlier),
            before=((Verdicts, _verdicts(earlier["recording_id"].to_list(), barred=True)),),
        )

    def settle(self, item: Item, outcome: Outcome) -> Outcome:
        """Withdraw what a recording takes the place of, and lift its own withdrawal if any."""
        if outcome.rows is None:
            return outcome
        recording = outcome.rows["recording_id"].item()
        replaced = self._earlier.filter(
            (pl.col("source") == item.source)
            & (pl.col("recording_id") != recording)
            & (pl.col("consent").struct.field("scope") != WITHDRAWN)
        )
        verdicts = [_verdicts(replaced["recording_id"].to_list(), barred=True)]
        if recording in self._barred:
            verdicts.append(_verdicts([recording], barred=False))
        rows = pl.concat([outcome.rows, _without_consent(replaced)], how="vertical_relaxed")
        return Outcome(
            rows=rows,
            before=(*outcome.before, (Verdicts, pl.concat(verdicts))),
            audio_ms=outcome.audio_ms,
        )


def _barred(lake: Lake, items: Sequence[Item]) -> set[str]:
    """Those of the items' recordings that were taken back before."""
    ids = [recording_id(item.sha256) for item in items if item.sha256]
    only = pl.DataFrame({"recording_id": ids}, schema={"recording_id": pl.String})
    verdicts = lake.current(Verdicts, only.with_columns(check=pl.lit(CHECK)))
    found = verdicts.filter(pl.col("status") == "reject").select("recording_id").collect()
    return set(found["recording_id"])


def _without_consent(recordings: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {**row, "consent": {**row["consent"], "scope": WITHDRAWN}}
        for row in recordings.iter_rows(named=True)
    ]
    return content_frame(Recordings, rows)


def _verdicts(recordings: list[str], *, barred: bool) -> pl.DataFrame:
    said: dict[str, Any] = {
        "check": CHECK,
        "status": "reject" if barred else "pass",
        "value": None,
        "threshold": 0.0,
        "reason": WITHDRAWN if barred else None,
        "detail": "taken back by the annotator or deleted by an operator" if barred else "",
    }
    rows = [{"recording_id": recording, **said} for recording in recordings]
    return content_frame(Verdicts, rows)

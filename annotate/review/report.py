"""Progress and pay: each annotator's recordings and the decisions about them."""

from __future__ import annotations

import json
from typing import Any, Literal

import polars as pl

from annotate.model.consent import WITHDRAWN
from annotate.model.decision_rule import Reviewers
from annotate.model.tables import BOOKKEEPING, Captions, Gold, Recordings, Submissions
from annotate.store.delta import order
from annotate.store.lake import Lake
from annotate.store.settled import settled
from annotate.store.standing import USABLE, standing

Per = Literal["minute", "recording"]

MINUTE_MS = 60_000
GOOD = ("accept", "fix")

Row = dict[str, Any]


def report(
    lake: Lake, rate: float | None = None, per: Per = "minute", reviewers: Reviewers = 1
) -> list[Row]:
    """One row an annotator, by pseudonym.

    `recordings` and `minutes` are what they recorded, withdrawn ones left out; `usable_minutes`
    what the checks didn't reject. A recording counts as accepted, fixed or rejected by the newest
    decision of people that holds about its image, if it is in that caption. `account` is the number
    of the account in Label Studio for recordings made there. Days are when it was recorded, where
    that is known, else when it was ingested.

    Args:
        rate: The pay, in any currency: for a minute that is usable, or for a recording that was
            accepted or fixed. Without it there is no `pay`.
        reviewers: How many people must decide, by the rule of `annotate.store.settled`.
    """
    rows = (
        _recordings(lake)
        .join(_decided(lake, reviewers), on="recording_id", how="left")
        .join(_accounts(lake), on="source", how="left")
        .join(lake.current(Gold).select("image_id", gold=True), on="image_id", how="left")
        .group_by("annotator_id")
        .agg(*_columns())
        .sort("annotator_id")
        .collect()
    )
    return [_row(row, rate, per) for row in rows.iter_rows(named=True)]


def total(rows: list[Row]) -> Row:
    """The sums of a report's rows."""
    summed = {name: sum(row[name] for row in rows) for name in SUMMED if name in rows[0]}
    days = {"first_day": min, "last_day": max}
    ends = {name: best(row[name] for row in rows) for name, best in days.items()}
    found = {**dict.fromkeys(rows[0], ""), "annotator": "all", **summed, **ends}
    return {
        name: round(cell, 2) if isinstance(cell, float) else cell for name, cell in found.items()
    }


SUMMED = (
    *("recordings", "minutes", "usable_minutes", "accepted", "fixed", "rejected", "undecided"),
    *("gold_accepted", "gold_decided", "pay"),
)


def _recordings(lake: Lake) -> pl.LazyFrame:
    status = standing(lake).select("recording_id", "status")
    day = pl.coalesce(
        pl.col("recorded_at").str.slice(0, 10), pl.col("written_at").dt.strftime("%Y-%m-%d")
    )
    rows = lake.current(Recordings).join(status, on="recording_id", how="left")
    return rows.filter(pl.col("status").fill_null("") != WITHDRAWN).select(
        *("recording_id", "annotator_id", "image_id", "source", "duration_ms"),
        day=day,
        usable=pl.col("status").is_in(USABLE).fill_null(value=False),
    )


def _decided(lake: Lake, reviewers: Reviewers) -> pl.LazyFrame:
    """The recordings on which people decided: `recording_id` and `decision`."""
    newest = (
        settled(lake, reviewers)
        .filter(~pl.col("automatic"))
        .sort(order(BOOKKEEPING))
        .unique("image_id", keep="last")
        .select("caption_id", "decision")
    )
    captions = lake.scan(Captions).sort(order(BOOKKEEPING)).unique("caption_id", keep="last")
    return (
        captions.select("caption_id", recording_id="recordings")
        .join(newest, on="caption_id")
        .explode("recording_id", empty_as_null=True)
        .drop_nulls("recording_id")
        .select("recording_id", "decision")
        .unique("recording_id", keep="any")
    )


def _accounts(lake: Lake) -> pl.LazyFrame:
    """The account of each submission at a server: `source` and `account`."""
    rows = lake.current(Submissions).select("source", "described").drop_nulls().collect()
    names = [json.loads(line).get("annotator") for line in rows["described"]]
    return rows.select("source", account=pl.Series(names, dtype=pl.String)).lazy()


def _columns() -> list[pl.Expr]:
    decision, gold = pl.col("decision"), pl.col("gold").fill_null(value=False)
    length = pl.col("duration_ms")
    return [
        pl.col("account").drop_nulls().unique().sort().str.join(" ").alias("account"),
        pl.len().alias("recordings"),
        length.sum().alias("ms"),
        length.filter("usable").sum().alias("usable_ms"),
        (decision == "accept").sum().alias("accepted"),
        (decision == "fix").sum().alias("fixed"),
        (decision == "reject").sum().alias("rejected"),
        decision.is_null().sum().alias("undecided"),
        (gold & decision.is_in(GOOD)).sum().alias("gold_accepted"),
        (gold & decision.is_not_null()).sum().alias("gold_decided"),
        pl.col("day").min().alias("first_day"),
        pl.col("day").max().alias("last_day"),
    ]


def _row(row: Row, rate: float | None, per: Per) -> Row:
    minutes, usable = row["ms"] / MINUTE_MS, row["usable_ms"] / MINUTE_MS
    units = usable if per == "minute" else row["accepted"] + row["fixed"]
    counts = ("recordings", "accepted", "fixed", "rejected", "undecided")
    rest = ("gold_accepted", "gold_decided", "first_day", "last_day")
    return {
        "annotator": row["annotator_id"],
        "account": row["account"],
        "recordings": row["recordings"],
        "minutes": round(minutes, 2),
        "usable_minutes": round(usable, 2),
        **{name: row[name] for name in (*counts[1:], *rest)},
        **({} if rate is None else {"pay": round(units * rate, 2)}),
    }

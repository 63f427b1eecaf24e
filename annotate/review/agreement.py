"""Reviewers' decisions by reviewer, by annotator, and for pairs on one caption."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import Any

import polars as pl

from annotate.model.consent import WITHDRAWN
from annotate.model.tables import BOOKKEEPING, Captions, Gold, Recordings, Reviews
from annotate.review.lineage import changed_frac
from annotate.store.delta import order
from annotate.store.lake import Lake
from annotate.store.standing import consents

CHOICES = ("accept", "fix", "reject")

Row = dict[str, Any]


def agreement(lake: Lake) -> dict[str, list[Row]]:
    """Fractions of decisions `by_reviewer` and `by_annotator`, and the agreement of `pairs`.

    `on_gold` is `by_annotator` for gold images alone, whose true description is known.
    Only people's decisions count, the newest of each reviewer on each caption. An annotator's row
    covers every caption with a word of one of their recordings, except withdrawn recordings.
    `changed` is the mean fraction of words that differ between the caption shown and the text
    decided on, over the captions that weren't rejected.
    """
    reviewed = _reviewed(lake)
    gold = set(lake.current(Gold).select("image_id").collect()["image_id"])
    by_reviewer: dict[str, list[Row]] = defaultdict(list)
    for row in reviewed:
        by_reviewer[row["reviewer"]].append(row)
    return {
        "by_reviewer": [
            {"reviewer": name, **_shares(rows), "seconds": _median(row["seconds"] for row in rows)}
            for name, rows in sorted(by_reviewer.items())
        ],
        "by_annotator": _by_annotator(reviewed),
        "on_gold": _by_annotator([row for row in reviewed if row["image_id"] in gold]),
        "pairs": _pairs(reviewed),
    }


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa of two people's decisions on the same captions.

    1 when they always agree, 0 when no more than by chance, below 0 when less; None when they
    would always agree by chance alone.
    """
    count = len(first)
    agreed = sum(one == other for one, other in zip(first, second, strict=True)) / count
    ours, theirs = Counter(first), Counter(second)
    by_chance = sum(ours[choice] * theirs[choice] for choice in ours) / count**2
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def _reviewed(lake: Lake) -> list[Row]:
    """The newest decision of each person on each caption, with the text shown and annotators."""
    shown = (
        lake.scan(Captions)
        .sort(order(BOOKKEEPING))
        .unique("caption_id", keep="last")
        .select("caption_id", "recordings", shown="text")
    )
    names = lake.current(Recordings).select("recording_id", "annotator_id")
    withdrawn = consents(lake).filter(pl.col("scope") == WITHDRAWN)
    withdrawn_ids = set(withdrawn.collect()["recording_id"])
    annotators = dict(names.collect().iter_rows())
    rows = (
        lake.scan(Reviews)
        .filter(~pl.col("automatic"))
        .sort(order(BOOKKEEPING))
        .unique(["caption_id", "reviewer"], keep="last")
        .join(shown, on="caption_id")
        .sort("caption_id", "reviewer")
        .collect()
    )
    return [
        {
            **row,
            "annotators": sorted(
                {
                    annotators.get(one, "unknown")
                    for one in row["recordings"]
                    if one not in withdrawn_ids
                }
            ),
            "changed": changed_frac(row["shown"], row["text"]),
        }
        for row in rows.iter_rows(named=True)
    ]


def _by_annotator(reviewed: Sequence[Row]) -> list[Row]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in reviewed:
        for annotator in row["annotators"]:
            found[annotator].append(row)
    return [{"annotator": name, **_shares(rows)} for name, rows in sorted(found.items())]


def _shares(rows: Sequence[Row]) -> Row:
    counts = Counter(row["decision"] for row in rows)
    accepted = [row["changed"] for row in rows if row["decision"] != "reject"]
    shares = {choice: round(counts[choice] / len(rows), 4) for choice in CHOICES}
    return {
        "captions": len(rows),
        **shares,
        "changed": round(fmean(accepted), 4) if accepted else None,
    }


def _median(seconds: Iterable[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return round(median(known), 1) if known else None


def _pairs(reviewed: Sequence[Row]) -> list[Row]:
    by_caption: dict[str, dict[str, str]] = defaultdict(dict)
    for row in reviewed:
        by_caption[row["caption_id"]][row["reviewer"]] = row["decision"]
    both: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for decided in by_caption.values():
        for pair in combinations(sorted(decided), 2):
            both[pair].append((decided[pair[0]], decided[pair[1]]))
    return [_pair(names, decided) for names, decided in sorted(both.items())]


def _pair(names: tuple[str, str], decided: Sequence[tuple[str, str]]) -> Row:
    first, second = zip(*decided, strict=True)
    found = kappa(first, second)
    agreed = sum(one == other for one, other in decided) / len(decided)
    return {
        "first": names[0],
        "second": names[1],
        "captions": len(decided),
        "agreed": round(agreed, 4),
        "kappa": None if found is None else round(found, 4),
    }

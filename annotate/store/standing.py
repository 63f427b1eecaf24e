"""Status of recordings: which may be used in captions, reviews, releases and summaries.

Two independent conditions apply to a recording. Its verdicts: the newest one of each current check;
verdicts of removed checks are ignored. And its consent: all statements about it, in the order of
commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from annotate.model.consent import SCOPES, WITHDRAWN, InForce, Statement, narrowest, settle
from annotate.model.tables import Consents, Recordings, Verdicts, dtypes, table_name
from annotate.model.verdict import CHECKS
from annotate.store.delta import order
from annotate.store.lake import Lake

USABLE = ("pass", "flag")
"""A recording with another status is in no caption."""

UNCHECKED = "unchecked"
NO_CONSENT = "no_consent"

Key = tuple[str, str, str | None]
"""Recording, source, and annotator; None for statements older than the table `consents`."""

_RANK = {"pass": 0, "flag": 1, "reject": 2}
_STATEMENT = ("recording_id", "source", "annotator_id", "scope", "at", "statement")


def standing(lake: Lake, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The status of each recording that was checked or whose consent is known.

    Args:
        only: `recording_id` of the recordings to return.

    Returns:
        `recording_id`; `status`, which is `withdrawn`, `no_consent`, `unchecked`, or else the worst
        verdict: `reject`, `flag` or `pass`; `reason`, that of the first check with this verdict;
        and `scope`, that of the consent, null if none is known.
    """
    status = (
        pl.when(pl.col("scope").is_null())
        .then(pl.lit(NO_CONSENT))
        .when(pl.col("scope") == WITHDRAWN)
        .then(pl.lit(WITHDRAWN))
        .otherwise(pl.col("status").fill_null(UNCHECKED))
    )
    rows = consents(lake, only).join(
        worst_verdicts(lake, only), on="recording_id", how="full", coalesce=True
    )
    return rows.select("recording_id", "scope", "reason", status=status).with_columns(
        reason=pl.when(pl.col("status").is_in(["flag", "reject"])).then("reason")
    )


def verdicts(lake: Lake, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The newest verdict of each current check, for each recording."""
    return lake.current(Verdicts, only).filter(pl.col("check").is_in(CHECKS))


def worst_verdicts(lake: Lake, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The newest verdicts of each recording, combined; see `worst`."""
    return worst(lake.current(Verdicts, only))


def worst(verdicts: pl.LazyFrame) -> pl.LazyFrame:
    """Combine several verdicts on a recording: the worst status and its reason.

    Args:
        verdicts: `recording_id`, `check`, `status` and `reason`; removed checks are ignored.

    Returns:
        `recording_id`, `status` and `reason`, sorted by recording: the worst status, and of the
        verdicts with that status the reason of the first in the order of `CHECKS`; null when all
        passed.
    """
    places = {name: place for place, name in enumerate(CHECKS)}
    return (
        verdicts.filter(pl.col("check").is_in(CHECKS))
        .with_columns(
            place=pl.col("check").replace_strict(places, return_dtype=pl.Int64),
            rank=pl.col("status").replace_strict(_RANK, return_dtype=pl.Int64),
        )
        .sort("recording_id", -pl.col("rank"), "place")
        .group_by("recording_id", maintain_order=True)
        .agg(pl.col("status").first(), pl.col("reason").first())
    )


def consents(lake: Lake, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The consent in force: `recording_id` and `scope`, the narrowest of all that apply.

    Recordings with the same samples are copies of one another, whatever file contains them: the
    narrowest scope of one applies to all. A recording without a statement is not returned, even
    if there is a statement about a copy.
    """
    copies = _copies(lake, only)
    if copies.is_empty():
        return stated(lake, only)
    concerned = None
    if only is not None:
        concerned = pl.concat([one.select("recording_id") for one in (only, copies)])
    ranks = {scope: rank for rank, scope in enumerate(SCOPES)}
    least = pl.col("scope").replace_strict(ranks, return_dtype=pl.Int64).min()
    samples = pl.coalesce("pcm_sha256", "recording_id")  # without copies: by itself
    rows = (
        stated(lake, concerned)
        .join(copies.lazy(), on="recording_id", how="left")
        .select("recording_id", scope=least.over(samples))
        .with_columns(pl.col("scope").replace_strict(dict(enumerate(SCOPES))))
    )
    return rows if only is None else rows.join(only.lazy(), on="recording_id", how="semi")


def stated(lake: Lake, only: pl.DataFrame | None = None) -> pl.LazyFrame:
    """The consent from the statements about each recording, without those about its copies.

    Each annotator's statements in each source are settled in the order of commits; see
    `annotate.model.consent.settle`. Of all of them the narrowest `scope` applies.

    Returns:
        `recording_id` and `scope`; no row for a recording without a statement.
    """
    statements = _statements(lake, only)
    often = pl.len().over("recording_id") > 1
    settled: dict[str, list[InForce]] = {}
    for key, state in _settle(statements.filter(often).iter_rows()).items():
        settled.setdefault(key[0], []).append(state)
    rows = [(one, narrowest(state.scope for state in all_)) for one, all_ in settled.items()]
    many = pl.DataFrame(rows, {"recording_id": pl.String, "scope": pl.String}, orient="row")
    return pl.concat([statements.filter(~often).select("recording_id", "scope"), many]).lazy()


def agreed(lake: Lake, only: pl.DataFrame | None = None) -> dict[Key, InForce]:
    """The consent from each annotator's statements in each source, per recording."""
    return _settle(_statements(lake, only).iter_rows())


def source_of(item: pl.Expr) -> pl.Expr:
    """The source in a recording's `source`: a folder's name, or a project on a server."""
    project = item.str.extract(r"^(label-studio/[^/]*/[^/]*)/")
    return pl.coalesce(project, item.str.extract(r"^([^/]*)"))


def _copies(lake: Lake, only: pl.DataFrame | None) -> pl.DataFrame:
    """The recordings that share their samples with another: `recording_id` and `pcm_sha256`."""
    rows = lake.current(Recordings).select("recording_id", "pcm_sha256")
    if only is not None:
        wanted = rows.join(only.lazy(), on="recording_id", how="semi").select("pcm_sha256")
        rows = rows.join(wanted, on="pcm_sha256", how="semi")
    several = pl.col("pcm_sha256").is_not_null() & (pl.len().over("pcm_sha256") > 1)
    return rows.filter(several).collect()


def _settle(rows: Iterable[tuple[Any, ...]]) -> dict[Key, InForce]:
    states: dict[Key, InForce] = {}
    for recording, source, annotator, scope, at, statement in rows:
        key, before = (recording, source, annotator), (recording, source, None)
        statements = Statement(scope=scope, at=at, statement=statement)
        states[key] = settle(states.get(key) or states.get(before), statements)
    # Statements older than the annotator column are the start of each annotator's statements.
    since = {(recording, source) for recording, source, annotator in states if annotator}
    return {key: one for key, one in states.items() if key[2] or key[:2] not in since}


def _statements(lake: Lake, only: pl.DataFrame | None) -> pl.DataFrame:
    """Every statement, the oldest first."""
    rows = lake.scan(Consents)
    if only is not None:
        rows = rows.join(only.lazy(), on="recording_id", how="semi")
    newer = rows.sort(order(dtypes(Consents))).select(_STATEMENT)
    earlier = _from_before(lake)
    if earlier is None:
        return newer.collect()
    if only is not None:
        earlier = earlier.join(only.lazy(), on="recording_id", how="semi")
    return pl.concat([earlier, newer]).collect()


def _from_before(lake: Lake) -> pl.LazyFrame | None:
    """The consents in `recordings`, where old lakes have them; None if there are none.

    There, a withdrawal always was a deleted annotation.
    """
    table = lake.delta(table_name(Recordings)).open()
    if table is None:
        return None
    rows = table.scan()
    if "consent" not in rows.collect_schema():
        return None
    consent = pl.col("consent").struct
    return (
        rows.filter(pl.col("consent").is_not_null())
        .sort(order(rows.collect_schema()))
        .select(
            "recording_id",
            source=source_of(pl.col("source")),
            annotator_id=pl.lit(None, pl.String),
            scope=consent.field("scope"),
            at=consent.field("at"),
            statement=pl.when(consent.field("scope") != WITHDRAWN).then(consent.field("statement")),
        )
    )

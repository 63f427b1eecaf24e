"""Comparison of measurements with bounds: one verdict for each recording and check."""

from __future__ import annotations

import polars as pl

from annotate.check.checks import CHECK_DEFINITIONS, Bound, CheckDefinition
from annotate.check.thresholds import Thresholds


def evaluate(measured: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Evaluate every check on every recording.

    Args:
        measured: What `annotate.check.measures.measure` gives.

    Returns:
        The columns of `verdicts` without bookkeeping, sorted by recording and in the order of
        the checks.
    """
    verdicts = [_verdict(check, thresholds) for check in CHECK_DEFINITIONS]
    ordered = measured.lazy().sort("recording_id")
    return (
        ordered.select("recording_id", verdict=pl.concat_list(verdicts))
        .explode("verdict")
        .unnest("verdict")
        .collect()
    )


def _verdict(check: CheckDefinition, thresholds: Thresholds) -> pl.Expr:
    value = pl.col(check.value).cast(pl.Float64)
    flag, reject = (_bound(bound, thresholds) for bound in (check.flag, check.reject))
    rejected, flagged = _beyond(value, reject, check), _beyond(value, flag, check)
    threshold = pl.when(rejected).then(reject).otherwise(pl.coalesce(flag, reject, pl.lit(0.0)))
    status = (
        pl.when(rejected)
        .then(pl.lit("reject"))
        .when(flagged)
        .then(pl.lit("flag"))
        .otherwise(pl.lit("pass"))
    )
    numbers = [_shown(number, check.digits) for number in (value, threshold)]
    return pl.struct(
        check=pl.lit(check.name),
        status=status,
        value=value,
        threshold=threshold,
        reason=pl.when(rejected | flagged).then(pl.lit(check.reason)),
        detail=pl.format(check.detail, *numbers, *check.also).fill_null(check.unmeasured),
    )


def _bound(bound: Bound | None, thresholds: Thresholds) -> pl.Expr:
    """The bound as a column; null where there is none."""
    value = None if bound is None else bound(thresholds)
    return (value if isinstance(value, pl.Expr) else pl.lit(value)).cast(pl.Float64)


def _beyond(value: pl.Expr, bound: pl.Expr, check: CheckDefinition) -> pl.Expr:
    beyond = value > bound if check.bad == "above" else value < bound
    return beyond.fill_null(False)


def _shown(number: pl.Expr, digits: int) -> pl.Expr:
    """The number rounded for a sentence, without a decimal point where it needs none."""
    return number.round().cast(pl.Int64) if digits == 0 else number.round(digits)

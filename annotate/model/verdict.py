"""Verdicts: the results of the automatic checks of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "flag", "reject"]
"""`flag` marks the recording for a reviewer; `reject` excludes it from captions."""

CHECKS = (
    "is_truncated",
    "is_overlong",
    "has_gaps",
    "is_too_short",
    "is_too_long",
    "is_clipped",
    "is_no_speech",
    "is_silent",
    "is_noisy",
    "has_transients",
    "has_little_speech",
    "is_invented",
    "is_unsure",
    "is_hurried",
    "is_slow",
    "is_repetitive",
    "repeats_itself",
    "is_monotonous",
    "is_trace_outside",
    "is_trace_still",
    "is_trace_brief",
    "is_rewritten",
    "has_lost_edits",
    "is_duplicate",
)
"""All current checks, in the order of `annotate.check.checks.CHECK_DEFINITIONS`. Verdicts of
removed checks are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of one check of one recording.

    Attributes:
        check: The check's name, a question in snake case (`is_clipped`).
        value: The measured value, in the check's own unit; None when it could not be measured.
        threshold: The bound that was applied, in the same unit.
        reason: A short code in snake case, set when the status isn't `pass`.
        detail: One sentence for the reviewer.
    """

    check: str
    status: Status
    value: float | None
    threshold: float
    reason: str | None
    detail: str

"""A machine's judgement of a recording, check by check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "flag", "reject"]
"""`flag` asks a reviewer to look; `reject` keeps the recording out of captions."""

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
"""The checks that there are, in the order of `annotate.check.checks.CHECK_DEFINITIONS`. Verdicts of
others are from before, and count no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check says of one recording.

    Attributes:
        check: The check's name, a question in snake case (`is_clipped`).
        value: What was measured, in the check's own unit; None when it could not be measured.
        threshold: The bound that decided, in the same unit.
        reason: A short code in snake case, set when the status isn't `pass`.
        detail: One sentence for the reviewer.
    """

    check: str
    status: Status
    value: float | None
    threshold: float
    reason: str | None
    detail: str

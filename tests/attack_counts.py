"""Counts of attacks that the tests tried and of those that succeeded, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

TRIED: Counter[str] = Counter()
LET_IN: Counter[str] = Counter()
NONE: dict[str, dict[str, int]] = {"tried": {}, "let_in": {}}


def counted() -> dict[str, dict[str, int]]:
    """The counts of this process, to be sent to the main process."""
    return {"tried": dict(TRIED), "let_in": dict(LET_IN)}


def add(counts: dict[str, dict[str, int]]) -> None:
    """Add the counts of another process."""
    TRIED.update(counts["tried"])
    LET_IN.update(counts["let_in"])


def summary() -> Iterable[str]:
    """Lines to print at the end of a run."""
    for kind, number in sorted(TRIED.items()):
        yield f"{kind}: {number} attacks, {LET_IN[kind]} let in"
    if TRIED:
        yield f"in all: {TRIED.total()} attacks, {LET_IN.total()} let in"

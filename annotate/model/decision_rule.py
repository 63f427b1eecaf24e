"""Decision rule: which reviewer's decision on a caption is final, with one or two reviewers.

A pure function; `annotate.store.settled` applies it to a lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Reviewers = Literal[1, 2]
"""How many reviewers must have decided on a caption."""

Waits = Literal["second_review", "adjudication"]
"""What a caption waits for after a first decision."""

WAITS: tuple[Waits, ...] = get_args(Waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One reviewer's decision on a caption; `text` is None for a rejected caption."""

    reviewer: str
    decision: str
    text: str | None

    def agrees(self, other: Opinion) -> bool:
        """Whether both decisions are equal; for a fix, the texts are compared without blanks."""
        return (self.decision, _words(self.text)) == (other.decision, _words(other.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Result of several opinions on one caption.

    Attributes:
        holds: The index of the opinion that is final; None while none is.
        waits: What the caption waits for; None when an opinion is final, or when nobody has decided
            yet.
        missing: How many more people must decide, given the opinions so far.
    """

    holds: int | None
    waits: Waits | None
    missing: int


def settle(opinions: Sequence[Opinion], reviewers: Reviewers) -> Settled:
    """Apply the decision rule to the opinions on one caption.

    With one reviewer, the newest opinion is final. With two, the opinions of the first two people
    must agree; their order does not matter. If they differ, the next person to decide adjudicates,
    and that person's opinion is final from then on. For each person the newest opinion counts.

    Args:
        opinions: In the order of commits, the oldest first.
    """
    newest: dict[str, int] = {}
    adjudicator = None
    for index, one in enumerate(opinions):
        if reviewers == 2 and adjudicator is None and len(newest) >= 2:
            pair = list(newest)[:2]
            if one.reviewer not in pair and not _agree(opinions, newest, pair):
                adjudicator = one.reviewer
        newest[one.reviewer] = index
    if not newest:
        return Settled(holds=None, waits=None, missing=reviewers)
    if reviewers == 1:
        return _final(len(opinions) - 1)
    if adjudicator is not None:
        return _final(newest[adjudicator])
    pair = list(newest)[:2]
    if len(pair) < 2:
        return Settled(holds=None, waits="second_review", missing=1)
    if not _agree(opinions, newest, pair):
        return Settled(holds=None, waits="adjudication", missing=1)
    return _final(newest[min(pair)])


def _agree(opinions: Sequence[Opinion], newest: dict[str, int], pair: Sequence[str]) -> bool:
    first, second = (opinions[newest[name]] for name in pair)
    return first.agrees(second)


def _final(index: int) -> Settled:
    return Settled(holds=index, waits=None, missing=0)


def _words(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split())

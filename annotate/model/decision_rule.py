"""When a decision about a caption holds: one reviewer's, one that two share, or a third one's.

A pure rule; `annotate.store.settled` applies it to a lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Reviewers = Literal[1, 2]
"""How many reviewers must have decided on a caption."""

Waits = Literal["second_review", "adjudication"]
"""What a caption waits for that somebody has decided on."""

WAITS: tuple[Waits, ...] = get_args(Waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one reviewer said of a caption at one time; `text` is null for a rejected one."""

    reviewer: str
    decision: str
    text: str | None

    def agrees(self, other: Opinion) -> bool:
        """Whether both want the same done: for a fix that is the same text, blanks aside."""
        return (self.decision, _words(self.text)) == (other.decision, _words(other.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What several opinions on one caption come to.

    Attributes:
        holds: The index of the opinion that holds; None while none does.
        waits: What for; None when one holds, or when nobody has decided yet.
        missing: How many more people must decide, as things stand.
    """

    holds: int | None
    waits: Waits | None
    missing: int


def settle(opinions: Sequence[Opinion], reviewers: Reviewers) -> Settled:
    """What the opinions on one caption come to.

    With one reviewer the newest opinion holds. With two, those of the first two people must agree;
    which of the two came first changes nothing. If they don't, whoever decides next adjudicates,
    and what that person says holds from then on. Of each person the newest opinion counts.

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
        return _held(len(opinions) - 1)
    if adjudicator is not None:
        return _held(newest[adjudicator])
    pair = list(newest)[:2]
    if len(pair) < 2:
        return Settled(holds=None, waits="second_review", missing=1)
    if not _agree(opinions, newest, pair):
        return Settled(holds=None, waits="adjudication", missing=1)
    return _held(newest[min(pair)])


def _agree(opinions: Sequence[Opinion], newest: dict[str, int], pair: Sequence[str]) -> bool:
    first, second = (opinions[newest[name]] for name in pair)
    return first.agrees(second)


def _held(index: int) -> Settled:
    return Settled(holds=index, waits=None, missing=0)


def _words(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split())

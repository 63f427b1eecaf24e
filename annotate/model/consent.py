"""What annotators agreed to: a scope, which narrows at once and widens by a later consent only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from annotate.model.timestamps import span

Scope = Literal["withdrawn", "internal", "research", "public"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""From the narrowest to the widest."""

WITHDRAWN = SCOPES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one annotator agreed to about one recording, as one source says it.

    Attributes:
        at: When, as it is written there; None when nobody says.
        statement: The id of the text agreed to. None when there is no consent any more, without
            anybody having taken it back: an annotation that is gone, a line without consent.
    """

    scope: Scope
    at: str | None
    statement: str | None

    @property
    def missing(self) -> bool:
        """Whether it says that there is no consent any more."""
        return self.scope == WITHDRAWN and self.statement is None


MISSING = Statement(scope=WITHDRAWN, at=None, statement=None)
"""What a source says where there is no consent any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What an annotator's statements in one source so far come to.

    Attributes:
        scope: What may be done with the recording.
        agreed: The scope agreed to last. `scope` is the same, or `withdrawn` while the consent is
            missing.
        at: When that was, as it was written.
        statement: The id of the text agreed to.
        latest: The latest moment at which any of the statements may have been made.
        timed: Whether it is known when the scope was agreed to.
    """

    scope: Scope
    agreed: Scope
    at: str | None = None
    statement: str | None = None
    latest: datetime | None = None
    timed: bool = False


def rank(scope: Scope) -> int:
    """How wide a scope is, from 0 for `withdrawn`."""
    return SCOPES.index(scope)


def narrowest(scopes: Iterable[Scope]) -> Scope | None:
    """The narrowest of the scopes; None without any."""
    return min(scopes, key=rank, default=None)


def takes_effect(now: InForce | None, given: Statement) -> bool:
    """Whether a statement holds: anything does but a wider scope without a later consent."""
    if now is None or rank(given.scope) <= rank(now.agreed):
        return True
    moment = span(given.at)
    return bool(moment and now.timed and now.latest and moment[0] > now.latest)


def settle(now: InForce | None, given: Statement) -> InForce:
    """What holds after one more statement of the same annotator in the same source.

    A narrower scope holds whenever it was agreed to. A wider one holds if it was agreed to later
    than all that was said before; otherwise nothing changes. A consent that was missing and is
    there again holds as far as it did before.
    """
    if now is not None and not takes_effect(now, given):
        return now
    if given.missing:
        before = now or InForce(scope=WITHDRAWN, agreed=WITHDRAWN)
        return replace(before, scope=WITHDRAWN)
    moment = span(given.at)
    moments = [moment[1]] if moment else []
    moments += [now.latest] if now and now.latest else []
    known_before = now is not None and now.agreed == given.scope and now.timed
    return InForce(
        scope=given.scope,
        agreed=given.scope,
        at=given.at,
        statement=given.statement,
        latest=max(moments, default=None),
        timed=moment is not None or known_before,
    )

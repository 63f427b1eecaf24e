"""Consent scopes. A narrower scope applies at once; a wider one requires a later consent."""

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
    """What one annotator agreed to about one recording, as recorded in one source.

    Attributes:
        at: Time of the consent, as written in the source; None if the source has none.
        statement: The id of the text agreed to. None when the consent is missing although nobody
            withdrew it: a deleted annotation, or a manifest line without consent.
    """

    scope: Scope
    at: str | None
    statement: str | None

    @property
    def missing(self) -> bool:
        """Whether the source no longer contains a consent."""
        return self.scope == WITHDRAWN and self.statement is None


MISSING = Statement(scope=WITHDRAWN, at=None, statement=None)
"""The statement of a source that no longer contains a consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The consent that results from an annotator's statements in one source so far.

    Attributes:
        scope: What may be done with the recording.
        agreed: The scope agreed to last. `scope` is the same, or `withdrawn` while the consent is
            missing.
        at: Time of that consent, as written in the source.
        statement: The id of the text agreed to.
        latest: The latest moment at which any of the statements may have been made.
        timed: Whether the time at which the scope was agreed to is known.
    """

    scope: Scope
    agreed: Scope
    at: str | None = None
    statement: str | None = None
    latest: datetime | None = None
    timed: bool = False


def rank(scope: Scope) -> int:
    """Index of a scope in `SCOPES`: 0 for `withdrawn`, larger for wider scopes."""
    return SCOPES.index(scope)


def narrowest(scopes: Iterable[Scope]) -> Scope | None:
    """The narrowest of the scopes; None if there are none."""
    return min(scopes, key=rank, default=None)


def takes_effect(now: InForce | None, given: Statement) -> bool:
    """Whether a statement applies: all do, except a wider scope without a later consent."""
    if now is None or rank(given.scope) <= rank(now.agreed):
        return True
    moment = span(given.at)
    return bool(moment and now.timed and now.latest and moment[0] > now.latest)


def settle(now: InForce | None, given: Statement) -> InForce:
    """The consent in force after one more statement of the same annotator in the same source.

    A narrower scope applies whenever it was agreed to. A wider one applies if it was agreed to
    later than all earlier statements; otherwise nothing changes. A consent that was missing and
    reappears applies to the same extent as before.
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

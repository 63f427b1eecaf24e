"""Moments that people and programs write down, as RFC 3339 and ISO 8601 have them.

A date alone, or a time without its zone, names a stretch in which the moment lies.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Nothing that comes in was recorded or agreed to before."""

AHEAD = timedelta(days=1)
"""How far a moment may lie in the future by this machine's clock, which may be behind."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_FORM = re.compile(rf"{_DATE}(?:[Tt ](?P<time>{_TIME})(?P<zone>[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?)?")

# Zones lie between UTC-12 and UTC+14.
_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=12)


def span(text: str | None) -> tuple[datetime, datetime] | None:
    """The earliest and the latest moment that the text may mean; None if it means none.

    Both are the same for a date and time with a zone.
    """
    match = _FORM.fullmatch(text or "")
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match[0].upper())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC), moment.astimezone(UTC)
        moment = moment.replace(tzinfo=UTC)
        until = moment if match["time"] else moment + timedelta(days=1)
        return moment - _EASTMOST, until + _WESTMOST
    except (ValueError, OverflowError):  # there is no 30 February, and no hour 25
        return None


def fault(text: str) -> str | None:
    """What is wrong with a moment that has been, as it is written; None when nothing is."""
    found = span(text)
    if found is None:
        return "not a date or a date and time such as 2026-11-01T09:00:00Z"
    if found[1] < EARLIEST:
        return f"before {EARLIEST.year}"
    if found[0] > datetime.now(UTC) + AHEAD:
        return "in the future; see to the clock of this machine if it isn't"
    return None

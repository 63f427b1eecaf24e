"""Parsing and validation of dates and times in the forms of RFC 3339 and ISO 8601.

A date alone, or a time without a zone, gives an interval that contains the moment.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Lower bound of valid times of recordings and consents."""

AHEAD = timedelta(days=1)
"""How far a time may be in the future by this machine's clock, which may be slow."""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?"
_FORM = re.compile(rf"{_DATE}(?:[Tt ](?P<time>{_TIME})(?P<zone>[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?)?")

# Zones are between UTC-12 and UTC+14.
_EASTMOST, _WESTMOST = timedelta(hours=14), timedelta(hours=12)


def span(text: str | None) -> tuple[datetime, datetime] | None:
    """The earliest and the latest moment that the text may mean; None if it is invalid.

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
    except (ValueError, OverflowError):  # such as 30 February or hour 25
        return None


def error_in(text: str) -> str | None:
    """What is wrong with the text of a past date or time; None if it is valid."""
    found = span(text)
    if found is None:
        return "not a date or a date and time such as 2026-11-01T09:00:00Z"
    if found[1] < EARLIEST:
        return f"before {EARLIEST.year}"
    if found[0] > datetime.now(UTC) + AHEAD:
        return "in the future; see to the clock of this machine if it isn't"
    return None

"""The server's clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """This moment, ISO 8601 in UTC. For people to read: nothing is put in order by it."""
    return datetime.now(UTC).isoformat()

"""The server's clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """The current time, ISO 8601 in UTC. For people to read; nothing is ordered by it."""
    return datetime.now(UTC).isoformat()

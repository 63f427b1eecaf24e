"""Report of a step: counts, times and cost that add up across shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

HOUR = 3600
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """The outcome of one step over some items. Reports of the same step can be added.

    Attributes:
        rows_in: Items in the plan.
        written: Items that it worked on and wrote.
        reused: Items whose result existed already.
        elsewhere: Items that other processes have done meanwhile or have claimed.
        quarantined: Items rejected, counted by reason.
        seconds: Wall-clock time spent.
        work_seconds: The part of it spent on shards, without planning and loading.
        audio_seconds: Length of the recordings worked on.
        cost: Cost of the work, in the currency of the price; None without a price.
    """

    step: str
    rows_in: int = 0
    written: int = 0
    reused: int = 0
    elsewhere: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    work_seconds: float = 0.0
    audio_seconds: float = 0.0
    cost: float | None = None

    @property
    def settled(self) -> int:
        """Items that this run need not process any more."""
        return self.written + self.reused + self.elsewhere + sum(self.quarantined.values())

    @property
    def audio_hours(self) -> float:
        """Length of the recordings worked on, in hours."""
        return self.audio_seconds / HOUR

    @property
    def audio_per_second(self) -> float | None:
        """Seconds of audio per second of work; None if there was no audio."""
        if not self.audio_seconds or not self.work_seconds:
            return None
        return self.audio_seconds / self.work_seconds

    @property
    def cost_per_1000(self) -> float | None:
        """Cost of a thousand recordings at this rate; None without a price or recordings."""
        return None if self.cost is None or not self.written else self.cost / self.written * 1000

    def __add__(self, other: StepReport) -> StepReport:
        """The sum of both reports."""
        costs = [cost for cost in (self.cost, other.cost) if cost is not None]
        return StepReport(
            step=self.step,
            rows_in=self.rows_in + other.rows_in,
            written=self.written + other.written,
            reused=self.reused + other.reused,
            elsewhere=self.elsewhere + other.elsewhere,
            quarantined=dict(Counter(self.quarantined) + Counter(other.quarantined)),
            seconds=self.seconds + other.seconds,
            work_seconds=self.work_seconds + other.work_seconds,
            audio_seconds=self.audio_seconds + other.audio_seconds,
            cost=sum(costs) if costs else None,
        )

    def to_json(self) -> dict[str, Any]:
        """The report as a plain dictionary, with the derived numbers.

        Times are rounded to milliseconds, money to a ten-thousandth.
        """
        plain = asdict(self)
        for name in ("seconds", "work_seconds", "audio_seconds"):
            plain[name] = round(plain[name], 3)
        return {
            **plain,
            "cost": _rounded(self.cost, 4),
            "audio_hours": round(self.audio_hours, 4),
            "audio_per_second": _rounded(self.audio_per_second, 1),
            "cost_per_1000": _rounded(self.cost_per_1000, 4),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> StepReport:
        """The report from the dictionary of `to_json`, up to its rounding."""
        return cls(**{one.name: plain[one.name] for one in fields(cls)})


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)

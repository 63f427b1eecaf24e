"""What a step did, in numbers that add up across shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """The outcome of one step over some items. Reports of the same step add.

    Attributes:
        rows_in: Items that the step was asked about.
        written: Items that it worked on and wrote.
        reused: Items whose result was there already.
        quarantined: Items refused, counted by reason.
        seconds: Wall-clock time spent.
        audio_seconds: Length of the recordings worked on.
    """

    step: str
    rows_in: int = 0
    written: int = 0
    reused: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    audio_seconds: float = 0.0

    def __add__(self, other: StepReport) -> StepReport:
        """The report of both together."""
        return StepReport(
            step=self.step,
            rows_in=self.rows_in + other.rows_in,
            written=self.written + other.written,
            reused=self.reused + other.reused,
            quarantined=dict(Counter(self.quarantined) + Counter(other.quarantined)),
            seconds=self.seconds + other.seconds,
            audio_seconds=self.audio_seconds + other.audio_seconds,
        )

    def to_json(self) -> dict[str, Any]:
        """The report as a plain dictionary, times rounded to milliseconds."""
        plain = asdict(self)
        plain["seconds"] = round(self.seconds, 3)
        plain["audio_seconds"] = round(self.audio_seconds, 3)
        return plain

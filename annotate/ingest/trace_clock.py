"""Detection of the clock of a trace's times: the recording's, in milliseconds, or another.

A trace on another clock would match no word, and no later stage could detect the cause. So times of
an unambiguous clock are converted, and others are rejected with the likely clock in the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from annotate.model.errors import RejectedError
from annotate.model.timestamps import EARLIEST, span

REASON = "trace_clock"

SLACK_MS = 1_000
"""Largest time of a trace point after the end of the sound."""

LONGEST_MS = 24 * 3600 * 1000
"""A day: nothing that a person records is longer."""

FEWEST_IN_PATH, FEWEST_CLICKS = 5, 3
"""Fewest points of a path, or clicks, from which their rate can be estimated."""

FASTEST_PER_MS = 0.5
"""Points of a path per millisecond, at most. Browsers send one per frame, or briefly one per
millisecond with a fast mouse. More points mean that the times are in seconds."""

_EPOCHS = (("seconds", 1), ("milliseconds", 10**3), ("microseconds", 10**6), ("nanoseconds", 10**9))
_FIRST_S = int(EARLIEST.timestamp())
_LAST_S = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

_TO_THE_MILLISECOND = re.compile(r".*:[0-9]{2}[.,][0-9]{3}[0-9]*([Zz]|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Length and start of a recording.

    Attributes:
        duration_ms: Length after decoding.
        client_ms: Length by the recorder's clock, if known.
        recorded_at: Start of the recording, as given by the source.
    """

    duration_ms: int
    client_ms: int | None = None
    recorded_at: str | None = None

    @property
    def longest_ms(self) -> int:
        """The longer of the two."""
        return max(self.duration_ms, self.client_ms or 0)


def to_recording_clock(
    path: Sequence[float], clicks: Sequence[float], length: Length
) -> Callable[[float], int] | None:
    """A function from a trace's times to milliseconds of the recording; None if they are such.

    Milliseconds since 1970 are converted if the source has the start of the recording to the
    millisecond and all of the trace then is within the recording. Seconds are converted if they
    have fractions, and if the points, read as milliseconds, would be closer in time than possible.

    Raises:
        RejectedError: `trace_clock`, if the times are of another clock and can't be converted.
    """
    times = [*path, *clicks]
    if not times:
        return None
    first, last = min(times), max(times)
    if last > LONGEST_MS:
        return _since_1970(first, last, length)
    if first > length.longest_ms + SLACK_MS:
        _reject(f"it begins at {first:.0f} ms, when the recording has ended")
    if last <= length.longest_ms / 1000 + 1 and (_too_fast(path) or len(clicks) >= FEWEST_CLICKS):
        if all(float(time).is_integer() for time in times):
            _reject(f"its times, up to {last:.0f}, look like whole seconds")
        return lambda time: round(time * 1000)
    return None


def _too_fast(path: Sequence[float]) -> bool:
    if len(path) < FEWEST_IN_PATH:
        return False
    return len(path) > FASTEST_PER_MS * (max(path) - min(path) + 1)


def _since_1970(first: float, last: float, length: Length) -> Callable[[float], int]:
    for unit, in_a_second in _EPOCHS:
        if _FIRST_S * in_a_second <= first and last <= _LAST_S * in_a_second:
            began = _began_ms(length) if unit == "milliseconds" else None
            if (
                began is not None
                and began <= first
                and last - began <= length.longest_ms + SLACK_MS
            ):
                return lambda time: round(time - began)
            _reject(
                f"its times look like {unit} since 1970"
                + (
                    ""
                    if began is None
                    else f", and not all are within a recording that began at {began}"
                )
            )
    _reject(f"its times, up to {last:.0f}, are beyond a day")


def _began_ms(length: Length) -> int | None:
    """Start of the recording in ms since 1970; None if it isn't known to the millisecond."""
    moment = span(length.recorded_at)
    if moment is None or not _TO_THE_MILLISECOND.fullmatch(length.recorded_at or ""):
        return None
    return round(moment[0].timestamp() * 1000)


def _reject(what: str) -> NoReturn:
    raise RejectedError(
        REASON, f"{what}: write milliseconds from the start of the recording, as whole numbers"
    )

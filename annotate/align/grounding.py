"""The place that the pointer showed while something was said.

A click is deliberate, so it has priority. Otherwise the pointer's longest dwell around the phrase
counts, the longest time that it stayed in one spot, so travel from the object before and to the
object after doesn't. The place is the median of that dwell, coordinate by coordinate and weighted
by time: the middle of a circle drawn around an object, unaffected by a slip of the hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot

from annotate.align.options import AlignOptions
from annotate.align.trace_path import Path, Stretch, inside_image
from annotate.model.narration import Tie
from annotate.model.pointer import Box, Trace, TracePoint
from annotate.model.speech import Span

_DIGITS = 4
"""Places are rounded to a ten-thousandth of the image: less than a pixel, and stable as text."""

_LOOSE_FRAC = 0.05
"""A dwell spread this far from its middle has half the confidence of one on a single spot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """A place on the image; see `annotate.model.narration.Phrase` for the fields."""

    x_frac: float | None = None
    y_frac: float | None = None
    box: Box | None = None
    tie: Tie = "none"
    confidence: float = 0.0


UNGROUNDED = Grounding()


class Pointer:
    """What the pointer showed in one recording.

    Args:
        trace: Its path and clicks.
        options: How to read them.
    """

    def __init__(self, trace: Trace, options: AlignOptions):
        self._options = options
        self._path = Path(trace, options.gap_ms)
        self._clicks = sorted(
            filter(inside_image, trace.points), key=lambda click: (click.t_ms, click.x_frac)
        )

    def at_phrase(self, phrase: Span, clicks: Sequence[TracePoint], head: Span) -> Grounding:
        """The place shown over a phrase.

        Args:
            clicks: Those that belong to the phrase; see `split_at_clicks`.
            head: The phrase's last word, which names the thing.
        """
        if clicks:
            nearest = min(clicks, key=lambda click: (distance_ms(click, head), click.t_ms))
            return self._clicked(nearest, distance_ms(nearest, phrase))
        return self._dwelt(phrase)

    def at_word(self, word: Span, phrase: Grounding) -> Grounding:
        """The place shown at a word: a click during it, else the path, else its phrase's place."""
        middle_ms = (word.start_ms + word.end_ms) / 2
        during = [click for click in self._clicks if word.start_ms <= click.t_ms < word.end_ms]
        if during:
            return self._clicked(min(during, key=lambda click: abs(click.t_ms - middle_ms)), 0)
        where = self._path.at(middle_ms)
        if where is None:
            return phrase
        return Grounding(x_frac=_rounded(where[0]), y_frac=_rounded(where[1]), tie="trace")

    def split_at_clicks(self, phrases: Sequence[Span]) -> list[list[TracePoint]]:
        """Assign each click to the phrase nearest in time, if that is near enough.

        Of two equally near phrases the later one gets it: a hand is early more often than late.
        """
        shares: list[list[TracePoint]] = [[] for _ in phrases]
        for click in self._clicks:
            near = [
                (distance_ms(click, phrase), -index)
                for index, phrase in enumerate(phrases)
                if distance_ms(click, phrase) <= self._options.click_ms
            ]
            if near:
                shares[-min(near)[1]].append(click)
        return shares

    def _clicked(self, click: TracePoint, away_ms: int) -> Grounding:
        """Confidence 1 while the phrase is said, down to a half at the largest allowed distance."""
        doubt = away_ms / (2 * self._options.click_ms) if away_ms else 0.0
        return Grounding(
            x_frac=_rounded(click.x_frac),
            y_frac=_rounded(click.y_frac),
            tie="click",
            confidence=_rounded(1 - doubt),
        )

    def _dwelt(self, phrase: Span) -> Grounding:
        """The dwell around a phrase; the longer and stiller it is, the higher its confidence.

        Confidence is the fraction of the window spent dwelling there, divided by one plus the mean
        distance from its middle over `_LOOSE_FRAC`.
        """
        window = Span(
            start_ms=phrase.start_ms - self._options.lead_ms,
            end_ms=phrase.end_ms + self._options.lag_ms,
        )
        dwell = self._longest_dwell(window)
        lasted_ms = sum(_lasted_ms(stretch) for stretch in dwell)
        if lasted_ms < self._options.dwell_ms:
            return UNGROUNDED
        weights = [_lasted_ms(stretch) for stretch in dwell]
        xs = [(stretch.x0_frac + stretch.x1_frac) / 2 for stretch in dwell]
        ys = [(stretch.y0_frac + stretch.y1_frac) / 2 for stretch in dwell]
        x_frac, y_frac = _median(xs, weights), _median(ys, weights)
        away = sum(
            weight * hypot(x - x_frac, y - y_frac)
            for weight, x, y in zip(weights, xs, ys, strict=True)
        )
        coverage = lasted_ms / window.length_ms
        return Grounding(
            x_frac=_rounded(x_frac),
            y_frac=_rounded(y_frac),
            box=_box_around(dwell),
            tie="trace",
            confidence=_rounded(min(1.0, coverage / (1 + away / lasted_ms / _LOOSE_FRAC))),
        )

    def _longest_dwell(self, window: Span) -> list[Stretch]:
        """The longest run of stretches without travel; of two as long, the later."""
        longest: list[Stretch] = []
        longest_ms = 0
        for dwell in _dwells(self._path, window, self._options.still_per_s):
            lasted_ms = sum(_lasted_ms(stretch) for stretch in dwell)
            if lasted_ms >= longest_ms:
                longest, longest_ms = dwell, lasted_ms
        return longest


def _dwells(path: Path, window: Span, still_per_s: float) -> Iterable[list[Stretch]]:
    dwell: list[Stretch] = []
    for stretch in path.within(window.start_ms, window.end_ms):
        parted = dwell and stretch.start_ms != dwell[-1].end_ms
        moving = stretch.speed > still_per_s
        if dwell and (parted or moving):
            yield dwell
            dwell = []
        if not moving:
            dwell.append(stretch)
    yield dwell


def distance_ms(click: TracePoint, span: Span) -> int:
    """Time between a click and a span, 0 within it."""
    return max(span.start_ms - click.t_ms, click.t_ms - span.end_ms, 0)


def _lasted_ms(stretch: Stretch) -> int:
    return stretch.end_ms - stretch.start_ms


def _median(values: Sequence[float], weights: Sequence[int]) -> float:
    """The value with half of the weight on either side."""
    half = sum(weights) / 2
    reached = 0
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if reached >= half:
            return value
    raise ValueError("the median of nothing")


def _box_around(dwell: Sequence[Stretch]) -> Box:
    xs = [x for stretch in dwell for x in (stretch.x0_frac, stretch.x1_frac)]
    ys = [y for stretch in dwell for y in (stretch.y0_frac, stretch.y1_frac)]
    return Box(
        x0_frac=_rounded(min(xs)),
        y0_frac=_rounded(min(ys)),
        x1_frac=_rounded(max(xs)),
        y1_frac=_rounded(max(ys)),
    )


def _rounded(value: float) -> float:
    return round(value, _DIGITS)

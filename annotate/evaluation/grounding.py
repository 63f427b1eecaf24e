"""Accuracy of grounding, where the true places are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotate.model.narration import Phrase
from annotate.model.pointer import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """The truth about something said: which region was named, and when."""

    region: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """Of `phrases` phrases about a named region, `grounded` point into it.

    `share` is their ratio, 0 when no phrase is about a region.
    """

    grounded: int
    phrases: int
    share: float


def grounded_share(
    phrases_by_recording: Mapping[str, Sequence[Phrase]],
    mentions_by_recording: Mapping[str, Sequence[Mention]],
    boxes: Mapping[str, Mapping[str, Box]],
) -> Grounding:
    """The fraction of phrases about a named region whose point is in the region's true box.

    A phrase is about the mention that it overlaps longest in time, by at least half of the one or
    of the other. A phrase that is tied to no place counts as a miss.

    Args:
        phrases_by_recording: The phrases of each narration, by recording id.
        mentions_by_recording: The true mentions of each recording; recordings left out don't count.
        boxes: The box of each region of the recording's image, by recording id and region.
    """
    phrases = grounded = 0
    for recording, mentions in mentions_by_recording.items():
        for phrase in phrases_by_recording.get(recording, ()):
            mention = _mention_of(phrase, mentions)
            if mention is not None:
                phrases += 1
                grounded += _points_into(phrase, boxes[recording][mention.region])
    return Grounding(grounded=grounded, phrases=phrases, share=grounded / phrases if phrases else 0)


def _mention_of(phrase: Phrase, mentions: Sequence[Mention]) -> Mention | None:
    mention = max(mentions, key=lambda mention: _overlap_ms(phrase, mention), default=None)
    if mention is None:
        return None
    shorter_ms = min(phrase.end_ms - phrase.start_ms, mention.end_ms - mention.start_ms)
    overlap_ms = _overlap_ms(phrase, mention)
    return mention if overlap_ms > 0 and shorter_ms <= 2 * overlap_ms else None


def _overlap_ms(phrase: Phrase, mention: Mention) -> int:
    return min(phrase.end_ms, mention.end_ms) - max(phrase.start_ms, mention.start_ms)


def _points_into(phrase: Phrase, box: Box) -> bool:
    if phrase.x_frac is None or phrase.y_frac is None:
        return False
    return box.contains(phrase.x_frac, phrase.y_frac)

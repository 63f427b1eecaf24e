"""What the review panel is shown of a caption beyond its text: where each word comes from.

It stands in the task's data under `review`, as short as it can be written. Times are on the clock
of the sound that is played, places are thousandths of the image from its top left corner.
`static/review_data.js` of the recorder reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSION = 1

PATH_POINT = tuple[int, float, float]
"""`t_ms, x_frac, y_frac` on the recording's own clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that a reviewer should look at.

    Attributes:
        code: What it is, for the panel to say in the reviewer's language.
        detail: More of it, as the checks put it.
    """

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One recording of the caption, as the panel shows it.

    Attributes:
        author: The annotator's pseudonym.
        starts_ms: Where in the sound that is played it begins.
        words: Rows of a narration's words.
        path: Runs of the pointer's path; `clicks` likewise, one run.
        doubts: What the checks say of the recording as a whole.
    """

    author: str
    starts_ms: int
    duration_ms: int
    words: Sequence[Mapping[str, Any]]
    path: Sequence[Sequence[PATH_POINT]] = ()
    clicks: Sequence[PATH_POINT] = ()
    doubts: Sequence[Doubt] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one word of the caption comes from.

    Attributes:
        voice: Which of the voices said it, and `word` which of its words; None if none did.
    """

    start_char: int
    end_char: int
    kind: str
    voice: int | None = None
    word: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the caption: words `first` up to, not with, `end`, and what is doubtful."""

    first: int
    end: int
    doubts: Sequence[Doubt] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that the panel shows."""

    voices: Sequence[Voice] = ()
    words: Sequence[Origin] = ()
    sentences: Sequence[Sentence] = ()


def panel_data(evidence: Evidence) -> dict[str, Any]:
    """The evidence as it stands in the task's data."""
    return {
        "version": VERSION,
        "voices": [_voice(one) for one in evidence.voices],
        "words": [_origin(one) for one in evidence.words],
        "sentences": [
            [one.first, one.end, [_doubt(doubt) for doubt in one.doubts]]
            for one in evidence.sentences
        ],
    }


def _voice(voice: Voice) -> dict[str, Any]:
    return {
        "who": voice.author,
        "start": voice.starts_ms,
        "end": voice.starts_ms + voice.duration_ms,
        "words": [_word(word, voice.starts_ms) for word in voice.words],
        "path": [_run(run, voice.starts_ms) for run in voice.path],
        "clicks": _run(voice.clicks, voice.starts_ms),
        "doubts": [_doubt(one) for one in voice.doubts],
    }


def _word(word: Mapping[str, Any], starts_ms: int) -> list[Any]:
    """Text, start, end, percent of certainty; then the place, or nothing.

    The text begins with a blank where one stands before the word.
    """
    gap = "" if word.get("space_before") is False else " "
    timed = [gap + word["text"], starts_ms + word["start_ms"], starts_ms + word["end_ms"]]
    confidence = round(100 * word["probability"])
    if word["x_frac"] is None or word["y_frac"] is None:
        return [*timed, confidence]
    return [*timed, confidence, _thousandths(word["x_frac"]), _thousandths(word["y_frac"])]


def _origin(word: Origin) -> list[Any]:
    """Where it stands; then the voice and its word; then what it is, if it isn't spoken."""
    span: list[Any] = [word.start_char, word.end_char]
    if word.voice is None or word.word is None:
        return [*span, word.kind]
    return [*span, word.voice, word.word, *([] if word.kind == "spoken" else [word.kind])]


def _run(points: Sequence[PATH_POINT], starts_ms: int) -> list[int]:
    """`t, x, y, t, x, y, …`"""
    flat: list[int] = []
    for t_ms, x_frac, y_frac in points:
        flat += [starts_ms + t_ms, _thousandths(x_frac), _thousandths(y_frac)]
    return flat


def _doubt(doubt: Doubt) -> list[str]:
    return [doubt.code, doubt.detail] if doubt.detail else [doubt.code]


def _thousandths(frac: float) -> int:
    """From 0 to 1000: a pointer may overshoot the image, what is shown doesn't."""
    return round(1000 * min(1.0, max(0.0, frac)))

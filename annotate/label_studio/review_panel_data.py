"""Data of the review panel about a caption: source words, pointer paths and doubts.

It is stored in the task's data under `review`, in a compact form. Times are milliseconds of the
played audio. Points are thousandths of the image's width and height from its top left corner. The
recorder's `static/review_data.js` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSION = 1

PATH_POINT = tuple[int, float, float]
"""`t_ms, x_frac, y_frac`; the time is from the start of the recording."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that a reviewer should check.

    Attributes:
        code: Its kind; the panel shows a text for it in the reviewer's language.
        detail: The message of the check.
    """

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One recording used by the caption, as the panel shows it.

    Attributes:
        author: The annotator's pseudonym.
        starts_ms: Its start within the played audio.
        words: Rows of a narration's words.
        path: Segments of the pointer's path; `clicks` are points in the same form.
        doubts: Results of the checks of the whole recording.
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
    """Source of one word of the caption.

    Attributes:
        voice: Index of the recording; `word` is the word's index in it. None for a word that was
            not spoken.
    """

    start_char: int
    end_char: int
    kind: str
    voice: int | None = None
    word: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the caption: words `first` up to, but not including, `end`, and its doubts."""

    first: int
    end: int
    doubts: Sequence[Doubt] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All data that the panel shows."""

    voices: Sequence[Voice] = ()
    words: Sequence[Origin] = ()
    sentences: Sequence[Sentence] = ()


def panel_data(evidence: Evidence) -> dict[str, Any]:
    """The evidence in the form that is stored in the task's data."""
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
    """`text, start_ms, end_ms, confidence in percent`, then `x, y` if the point is known.

    The text begins with a space if the word is preceded by one.
    """
    gap = "" if word.get("space_before") is False else " "
    timed = [gap + word["text"], starts_ms + word["start_ms"], starts_ms + word["end_ms"]]
    confidence = round(100 * word["probability"])
    if word["x_frac"] is None or word["y_frac"] is None:
        return [*timed, confidence]
    return [*timed, confidence, _thousandths(word["x_frac"]), _thousandths(word["y_frac"])]


def _origin(word: Origin) -> list[Any]:
    """`start_char, end_char`, then `voice, word` if known, then `kind` if it isn't `spoken`."""
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
    """Thousandths, clamped to 0 to 1000, because a pointer may leave the image."""
    return round(1000 * min(1.0, max(0.0, frac)))

"""Data of the review panel: a caption's word origins, sentences and doubts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from annotate.label_studio.review_panel_data import Doubt, Evidence, Origin, Sentence, Voice
from annotate.review.paths import thinned
from annotate.review.review_context import RecordingContext

LOOPS = 2.4
"""A segment with a higher compression ratio is repetitive."""

_STOP = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964]['\"\u2019\u201d\u00bb)\]]*$")
"""Marks with which a sentence ends, and the closing marks that may follow them."""

Row = Mapping[str, Any]


def evidence(
    caption: Row, contexts: Sequence[RecordingContext], starts_ms: Sequence[int]
) -> Evidence:
    """The evidence for a caption's words.

    Args:
        contexts: Its recordings; `starts_ms` is where each begins in the sound that is played.
    """
    ids = [one.recording["recording_id"] for one in contexts]
    words = [_origin(entry, ids, contexts) for entry in caption["lineage"]]
    return Evidence(
        voices=[_voice(one, start) for one, start in zip(contexts, starts_ms, strict=True)],
        words=words,
        sentences=_sentences(caption["text"], words, contexts),
    )


def _voice(contexts: RecordingContext, starts_ms: int) -> Voice:
    trace = contexts.trace or {"segments": [], "points": []}
    clicks = [(one["t_ms"], one["x_frac"], one["y_frac"]) for one in trace["points"]]
    return Voice(
        author=contexts.recording["annotator_id"],
        starts_ms=starts_ms,
        duration_ms=contexts.recording["duration_ms"],
        words=contexts.words,
        path=[thinned(run) for run in trace["segments"] if run],
        clicks=clicks,
        doubts=[Doubt(code=row["reason"], detail=row["detail"]) for row in contexts.failing],
    )


def _origin(entry: Row, ids: Sequence[str], contexts: Sequence[RecordingContext]) -> Origin:
    known = {key: entry[key] for key in ("start_char", "end_char", "kind")}
    if entry["recording_id"] in ids and entry["word"] is not None:
        voice = ids.index(entry["recording_id"])
        if entry["word"] < len(contexts[voice].words):
            return Origin(**known, voice=voice, word=entry["word"])
    return Origin(**known)


def _sentences(
    text: str, words: Sequence[Origin], contexts: Sequence[RecordingContext]
) -> list[Sentence]:
    found: list[Sentence] = []
    first = 0
    for index, word in enumerate(words):
        last = index + 1 == len(words)
        ends = _STOP.search(text[word.start_char : word.end_char]) is not None
        if last or ends or words[index + 1].voice != word.voice:
            found.append(
                Sentence(
                    first=first, end=index + 1, doubts=_doubts(words[first : index + 1], contexts)
                )
            )
            first = index + 1
    return found


def _doubts(words: Sequence[Origin], contexts: Sequence[RecordingContext]) -> list[Doubt]:
    """The transcript's doubts about a sentence, once each; words have their own probabilities."""
    codes: dict[str, None] = {}
    for word in words:
        if word.voice is not None and word.word is not None:
            codes |= dict.fromkeys(_against(contexts[word.voice], word.word))
    return [Doubt(code=code) for code in codes]


def _against(contexts: RecordingContext, index: int) -> list[str]:
    transcript = contexts.transcript
    if transcript is None or index >= len(transcript["words"]):
        return []
    word = transcript["words"][index]
    if word["start_ms"] != contexts.words[index]["start_ms"]:
        return []  # a narration of another transcript
    start_ms, end_ms = word["start_ms"], word["end_ms"]
    segment = transcript["segments"][word["segment"]]
    middle = (start_ms + end_ms) / 2
    knocks = transcript["transients_ms"] or []
    reasons = {
        "outside_speech": bool(transcript["speech"])
        and not any(one["start_ms"] <= middle < one["end_ms"] for one in transcript["speech"]),
        "knock": any(start_ms <= at < end_ms for at in knocks),
        "loop": segment["compression_ratio"] > LOOPS,
        "no_time": word["interpolated"],
    }
    return [code for code, holds in reasons.items() if holds]

"""The faithfulness check: is there anything in a caption that nobody said?

This looks at nothing but captions and transcripts and shares no code with the composer, so that
a mistake there can't hide here. It sees words, not sense: a caption that puts said words into
another order would pass.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

Why = Literal["not_said", "wrong_word", "no_lineage"]
"""Nobody said it; its lineage points at another word or at none; no lineage speaks of it."""

_GLUE = (
    "a an the and or but of in on at to by with from for as is are was were be it its this that "
    "these those there which who he she they his her their"
)
GLUE = frozenset(_GLUE.split())
"""Words that a rewriter may add without telling anything of the image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A word of a caption that can't be traced to what was said."""

    image_id: str
    start_char: int
    end_char: int
    text: str
    why: Why


def unsupported_words(captions: pl.DataFrame, transcripts: pl.DataFrame) -> list[Unsupported]:
    """The words of captions that the transcripts don't bear out, in order of image and text.

    Args:
        captions: Rows of `captions` (or of `reviews`): `image_id`, `text`, `lineage` and, where
            there is one, `recordings`.
        transcripts: `recording_id` and `words`; more recordings than the captions name do no harm.

    Words that a person wrote in review (`edited`) are that person's and aren't looked at.
    """
    said = {
        row["recording_id"]: [_plain(word["text"]) for word in row["words"]]
        for row in transcripts.select("recording_id", "words").iter_rows(named=True)
    }
    found = []
    for caption in captions.sort("image_id").iter_rows(named=True):
        found += _unsupported(caption, said)
    return found


def _unsupported(caption: Mapping[str, Any], said: Mapping[str, list[str]]) -> list[Unsupported]:
    entries = {(entry["start_char"], entry["end_char"]): entry for entry in caption["lineage"]}
    named = {entry["recording_id"] for entry in caption["lineage"]} | set(
        caption.get("recordings") or ()
    )
    heard = {word for recording in named for word in said.get(recording, ())}
    found = []
    for start_char, end_char in _spans(caption["text"]):
        text = caption["text"][start_char:end_char]
        why = _why(text, entries.get((start_char, end_char)), heard, said)
        if why:
            found.append(
                Unsupported(
                    image_id=caption["image_id"],
                    start_char=start_char,
                    end_char=end_char,
                    text=text,
                    why=why,
                )
            )
    return found


def _why(
    text: str, entry: Mapping[str, Any] | None, heard: set[str], said: Mapping[str, list[str]]
) -> Why | None:
    if entry is None:
        return "no_lineage"
    if entry["kind"] == "edited":
        return None
    word = _plain(text)
    if word not in heard and word not in GLUE:
        return "not_said"
    if entry["kind"] == "spoken" and not _points_at(word, entry, said):
        return "wrong_word"
    return None


def _points_at(word: str, entry: Mapping[str, Any], said: Mapping[str, list[str]]) -> bool:
    spoken = said.get(entry["recording_id"], [])
    at = entry["word"]
    return at is not None and 0 <= at < len(spoken) and spoken[at] == word


def _spans(text: str) -> list[tuple[int, int]]:
    """Where the words of the text lie, as its spaces separate them."""
    spans = []
    start_char = 0
    for word in text.split():
        start_char = text.index(word, start_char)
        spans.append((start_char, start_char + len(word)))
        start_char += len(word)
    return spans


def _plain(word: str) -> str:
    """Letters and digits only, without case."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(char for char in folded if char.isalnum())

"""Strict validation of recognized words and of annotators' corrections to them.

An edit contains the indices of the corrected words and their replacements:
`{"version": 1, "changes": [{"word": 7, "text": "red"}]}`. An empty text removes the word.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from annotate.recorder.errors import RequestError
from annotate.recorder.protocol import Json
from annotate.recorder.strict_json import loads

VERSION = 1
"""Version of the format of words and edits."""

MAX_WORDS = 20_000
"""Maximum number of words of a recording; about two hours of speech."""
MAX_WORDS_BYTES = 4 * 2**20
"""Maximum size of all words with their times."""
MAX_CHANGES = 1000
"""Maximum number of changes in one edit; a description of 90 seconds has about 250 words."""
MAX_TEXT = 100
"""Maximum length of a word or of its replacement, in characters."""
MAX_MS = 24 * 3600 * 1000

_JOINERS = "\u200c\u200d"
"""Invisible characters that are part of how words are written in Persian and Indian scripts."""


def parse_words(text: str) -> Json:
    """Parse the words that the pipeline uploads, with the recognizer that made them.

    Raises:
        RequestError: 400 `bad_words`.
    """
    try:
        given = loads(text)
    except ValueError:
        raise _bad_words("it isn't JSON, or names a key twice") from None
    if not isinstance(given, dict) or given.get("version") != VERSION:
        raise _bad_words(f"it isn't of version {VERSION}")
    words = given.get("words")
    if not isinstance(words, list) or len(words) > MAX_WORDS:
        raise _bad_words("words isn't a list, or is too long")
    names = ("language", "engine", "model", "model_sha256")
    return {
        "version": VERSION,
        **{name: _text(given.get(name), name) for name in names},
        "words": [_word(word) for word in words],
    }


def check_edit(edit: object, shown: Json | None) -> None:
    """Reject an edit that has a different form or refers to words that weren't shown.

    Args:
        shown: The result of `parse_words` for its recording; None if no words were shown.

    Raises:
        RequestError: 400 `bad_edit`.
    """
    if not isinstance(edit, dict) or set(edit) != {"version", "changes"}:
        raise _bad_edit("it has no version or no changes")
    changes = edit["changes"]
    known = _whole(edit["version"]) and edit["version"] == VERSION
    if not known or not isinstance(changes, list) or len(changes) > MAX_CHANGES:
        raise _bad_edit(f"it isn't of version {VERSION}, or has over {MAX_CHANGES} changes")
    words = [] if shown is None else shown["words"]
    last = -1
    for change in changes:
        if not isinstance(change, dict) or set(change) != {"word", "text"}:
            raise _bad_edit("a change has a word and a text")
        word = change["word"]
        if not _whole(word) or not last < word < len(words):
            raise _bad_edit("a word isn't one of those that were shown, or comes twice")
        if not is_plain(change["text"]):
            raise _bad_edit(f"a text is of {MAX_TEXT} visible characters at most")
        last = word


def is_plain(text: object) -> bool:
    """Whether a value is a short text on one line, without control characters."""
    if not isinstance(text, str) or len(text) > MAX_TEXT or text != " ".join(text.split()):
        return False
    return all(char in _JOINERS or unicodedata.category(char)[0] != "C" for char in text)


def _word(value: Any) -> Json:
    names = {"text", "start_ms", "end_ms", "probability", "space_before"}
    if not isinstance(value, Mapping) or set(value) != names:
        raise _bad_words(f"a word has {', '.join(sorted(names))}")
    start, end, probability = value["start_ms"], value["end_ms"], value["probability"]
    if not _whole(start) or not _whole(end) or not 0 <= start <= end <= MAX_MS:
        raise _bad_words("a word's times aren't whole milliseconds in order")
    known = isinstance(probability, int | float) and not isinstance(probability, bool)
    if not known or not math.isfinite(probability) or not 0 <= probability <= 1:
        raise _bad_words("a probability isn't a number from 0 to 1")
    if not isinstance(value["space_before"], bool):
        raise _bad_words("space_before isn't true or false")
    return {**value, "text": _text(value["text"], "text")}


def _text(value: object, name: str) -> str:
    """The text without control characters, cut to `MAX_TEXT`."""
    if not isinstance(value, str):
        raise _bad_words(f"{name} isn't a text")
    seen = (char for char in value if char in _JOINERS or unicodedata.category(char)[0] != "C")
    return "".join(seen)[:MAX_TEXT]


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad_words(detail: str) -> RequestError:
    return RequestError(400, "bad_words", f"These words can't be used: {detail}.")


def _bad_edit(detail: str) -> RequestError:
    return RequestError(400, "bad_edit", f"What was changed can't be used: {detail}.")

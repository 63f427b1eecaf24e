"""Punctuation by script: the kind of each mark, and each language's mark for a kind."""

from __future__ import annotations

import re

from annotate.model.language import is_spaced, language_of

KINDS = {
    ".": ".\u3002\uff61\uff0e\u0964\u0965\u06d4\u1362\u0589\u104b\u17d4\u0f0d",
    "?": "?\u061f\uff1f\u2e2e\u055e\u1367\u037e",
    "!": "!\uff01",
    ";": ";\u061b\uff1b\u1364\u0387",
    ":": ":\uff1a\u1365",
    ",": ",\u060c\u3001\uff0c\uff64\u1363\u055d\u104a",
}
"""The marks of each kind, by its ASCII mark: `\u061f` ends questions in Arabic, `\u3002` sentences
in Japanese and Chinese, `\u0964` in Hindi, `\u06d4` in Urdu, `\u104b` in Burmese, and so on."""

KIND_OF = {mark: kind for kind, marks in KINDS.items() for mark in marks}
ELLIPSIS = "\u2026"
DASHES = "-\u2013\u2014"
EDGES = "".join(KIND_OF) + ELLIPSIS + DASHES
OPENING_QUOTES = "\"'(\u201c\u2018\u201e\u201a\u00ab\u2039\u300c\u300e\u300a\u3008\uff08"
CLOSING_QUOTES = "\"')\u201d\u2019\u201c\u2018\u00bb\u203a\u300d\u300f\u300b\u3009\uff09"
QUOTES = "".join(dict.fromkeys(OPENING_QUOTES + CLOSING_QUOTES))

_STOPS = {
    **dict.fromkeys(("ja", "zh", "yue"), "\u3002"),
    **dict.fromkeys(("hi", "bn", "as", "pa", "ne", "sa", "or"), "\u0964"),
    "ur": "\u06d4",
    "am": "\u1362",
    "hy": "\u0589",
    "my": "\u104b",
    "km": "\u17d4",
    "bo": "\u0f0d",
    "th": "",
    "lo": "",
}
_COMMAS = {
    **dict.fromkeys(("ar", "fa", "ur", "ps", "sd"), "\u060c"),
    **dict.fromkeys(("zh", "yue"), "\uff0c"),
    "ja": "\u3001",
    "am": "\u1363",
    "my": "\u104a",
    "th": "",
    "lo": "",
}
_TOUCHING = frozenset(("ja", "zh", "yue"))
_ASCII_ONLY = re.compile(r"[\x00-\x7f]*")


def stop_for(language: str, text: str) -> str:
    """The mark that ends a sentence in the language, where the recognizer wrote none.

    Args:
        text: The sentence: one in ASCII, such as Hindi in Latin letters, ends with a full stop.
    """
    if _ASCII_ONLY.fullmatch(text):
        return "."
    return _STOPS.get(_code(language), ".")


def comma_for(language: str) -> str:
    """The mark for a hesitation in the language; none in Thai and Lao."""
    return _COMMAS.get(_code(language), ",")


def joins_sentences(language: str) -> str:
    """The text between two sentences: a blank; nothing in Japanese, Chinese and Cantonese."""
    return "" if not is_spaced(language) and _code(language) in _TOUCHING else " "


def kind_of(tail: str) -> tuple[str, str]:
    """The kind of mark that follows a word, one of `, ; : . ? !` or nothing, and its marks.

    An ellipsis or dash is a hesitation and no end: it counts as a comma, and its own marks are
    dropped.
    """
    marks = "".join(char for char in tail if char in KIND_OF)
    for kind in "?!":
        if any(KIND_OF[mark] == kind for mark in marks):
            return kind, marks.rstrip(".") or marks
    if ELLIPSIS in tail or ".." in tail:
        return ",", ""
    for kind in ".;:,":
        if any(KIND_OF[mark] == kind for mark in marks):
            return kind, marks
    return ("," if set(tail) & set(DASHES[1:]) else ""), ""


def _code(language: str) -> str:
    try:
        return language_of(language)
    except ValueError:
        return language

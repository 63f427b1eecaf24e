"""Normal forms of words: for comparing texts and for looking up words, alone and in columns."""

from __future__ import annotations

import unicodedata

import polars as pl

_MEANT = frozenset("%&@#*/\\§‰‱¶†‡٪")
"""Characters that Unicode calls punctuation and people speak."""
_EDGES = ".,;:!?…\"'()[]“”‘’-–—"  # noqa: RUF001
_MINUS = "-"  # the mathematical minus sign isn't punctuation, and stays anyway


def normalize(text: str) -> str:
    """The text without blanks, case and marks of writing.

    Marks stay where they are part of a number (`3.5` isn't `35`, `-5` isn't `5`), and so do
    symbols, combining characters and invisible ones: a text that has them is another text.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if folded.isalnum():
        return folded
    return "".join(
        char for at, char in enumerate(folded) if not _is_mark(char) or _in_number(folded, at)
    )


def _is_mark(char: str) -> bool:
    """Whether it is a blank or a mark of writing, such as a comma, in any script."""
    if char.isspace():
        return True
    return unicodedata.category(char)[0] in "PZ" and char not in _MEANT


def _in_number(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at].isspace() or not after.isdecimal():
        return False
    return before.isdecimal() or (at == 0 and text[at] == _MINUS)


def bare_word(text: str) -> str:
    """The word in lower case without punctuation around it: `"Suit,"` becomes `suit`.

    Marks inside stay, and an apostrophe becomes the straight one. What has neither letter nor
    digit becomes empty. Hesitations are words: without them the word error rate of a recognizer
    that drops words would be too low.
    """
    word = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]


def bare_words(column: pl.Expr) -> pl.Expr:
    """Words of a column in lower case without common punctuation around them."""
    return column.str.to_lowercase().str.strip_chars(_EDGES)

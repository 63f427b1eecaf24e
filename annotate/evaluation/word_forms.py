"""When two words count as the same: but for case and the marks of writing."""

from __future__ import annotations

import unicodedata

_MEANT = frozenset("%&@#*/\\§‰‱¶†‡٪")
"""Characters that Unicode calls punctuation and people speak."""
_MINUS = "-"  # the sign that is only that isn't punctuation, and stays anyway


def plain(text: str) -> str:
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

"""Non-speech in any language: stray signs, and remarks in brackets such as `[music]`."""

from __future__ import annotations

from annotate.text.punctuation import EDGES
from annotate.text.tokens import Cut, Token

_NOISE = "\u266a\u266b*[]{}|~_/\\\u2022\u00b7" + EDGES
_LONGEST_TAG = 4


def find_non_speech(tokens: list[Token], at: int) -> Cut | None:
    """The sign or remark that begins at this token, if one does."""
    length = _length(tokens, at)
    return Cut(first=at, end=at + length, why="not_speech") if length else None


def _length(tokens: list[Token], at: int) -> int:
    first = tokens[at]
    if not any(char.isalnum() for char in first.text):
        return 1 if _is_noise(first.text) and not _is_separate_mark(first) else 0
    if not first.text.startswith(("[", "*")):
        return 0
    for length in range(1, _LONGEST_TAG + 1):
        last = tokens[at : at + length][-1]
        if last.text.endswith(("]", "*")):
            return length
    return 0


def _is_noise(text: str) -> bool:
    """Whether signs between blanks are no text: dashes, notes, brackets; `%`, `+`, `»` are text."""
    return all(char in _NOISE for char in text)


def _is_separate_mark(token: Token) -> bool:
    """Whether it is a mark that is written after a blank, as in French: `Quoi ?`."""
    return not token.text and token.space_before and token.sign != "" and token.mark in "?!;:"

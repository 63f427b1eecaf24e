"""Text in quotation marks: words of the image, which no rule may remove.

`It says "No, no, no"`. In doubt more is protected than necessary: a hesitation that stays is a
smaller error than a removed word of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.text.punctuation import QUOTES
from annotate.text.tokens import Token

_PAIRS = {
    '"': '"',
    "'": "'",
    "\u201c": "\u201d",
    "\u2018": "\u2019",
    "\u201e": "\u201c\u201d",
    "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb",
    "\u2039": "\u203a",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u300a": "\u300b",
    "\u3008": "\u3009",
}
"""Which marks close what each one opens. In German a quotation ends with what opens an English
one."""
_DOUBLE = '"\u201c\u201d\u201e\u00ab\u00bb'
_SINGLE = "'\u2018\u201a\u2039"
_LONGEST = 60
_LONGEST_SINGLE = 12
"""The most tokens in a pair of quotation marks; fewer for single ones, which may be apostrophes."""


def protect_quotations(tokens: Sequence[Token]) -> list[Token]:
    """Protect what is in quotation marks, and remove double ones that have no partner."""
    marked = list(tokens)
    paired: set[tuple[int, bool]] = set()  # which token, and whether at its beginning
    for first, last in _quotations(tokens):
        paired |= {(first, True), (last, False)}
        for at in range(first, last + 1):
            marked[at] = replace(marked[at], protected=True)
    return [_without_loose(token, at, paired) for at, token in enumerate(marked)]


def _quotations(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The first and the last token of each quotation, in order."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(tokens):
        last = _closing(tokens, at)
        if last is None:
            at += 1
        else:
            found.append((at, last))
            at = last + 1
    return found


def _closing(tokens: Sequence[Token], at: int) -> int | None:
    """The token that closes the quotation that this token opens, if it opens one."""
    lead = _lead(tokens[at].text)
    if not lead:
        return None
    alone = lead == tokens[at].text  # a mark between blanks, as in French
    longest = _LONGEST_SINGLE if lead[-1] in _SINGLE else _LONGEST
    for last in range(at + alone, min(at + longest, len(tokens))):
        text = tokens[last].text
        tail = text[len(text.rstrip(QUOTES)) :]
        if any(char in _PAIRS.get(lead[-1], "") for char in tail):
            return last
    return None


def _lead(text: str) -> str:
    """The marks that may open a quotation at the beginning of a word."""
    lead = text[: len(text) - len(text.lstrip(QUOTES))]
    return lead if lead and lead[-1] in _PAIRS else ""


def _without_loose(token: Token, at: int, paired: set[tuple[int, bool]]) -> Token:
    """The token without unpaired double quotation marks. Inch marks stay: `10"`."""
    text, closing = token.text, token.closing
    if not text.strip(QUOTES):
        return token
    if (at, True) not in paired:
        text = text.lstrip(_DOUBLE)
    bare = text.rstrip(_DOUBLE)
    if (at, False) not in paired and not bare[-1:].isdigit():
        closing -= min(closing, len(text) - len(bare))
        text = bare
    return replace(token, text=text, closing=closing)

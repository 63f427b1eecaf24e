"""What is quoted or read out: words that stand in the image, which no rule may take.

`It says "No, no, no"`, `the sign reads Uh Oh`, `the word 'um'`. In doubt more is spared than need
be: a hesitation that stays is a blemish, a word of the image that goes is a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.caption.lexicon import FUNCTION_WORDS, words
from annotate.caption.marks import QUOTES
from annotate.caption.tokens import Token

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
"""Tokens that a pair of quotation marks may hold; an apostrophe is soon taken for a single one."""

_READING = words(
    "says saying reads reading written printed lettered labelled labeled titled entitled captioned "
    "inscribed engraved spelled spelling spells writes"
)
_READ = words("read say spell")
_TEXTS = words(
    "sign signs text label labels word words letter letters writing poster banner logo caption "
    "captions title headline phrase message name it that which shirt board screen plate tag note "
    "sticker inscription number numbers"
)
_NAMING = words("word words letter letters phrase phrases syllable sound")
_SPEAKERS = words("i i'd i'll i'm we we'd you you'd let me people")
_WRITTEN = words("written printed engraved inscribed")
_BEARING = words("with has have having bears had")
_NEAR = 4
_NAMED = 4
_LONGEST_READ = 14
_PAUSE_MS = 700


def mark_quotes(tokens: Sequence[Token]) -> list[Token]:
    """Spare what stands in quotation marks, and take off double ones that have no partner."""
    marked = list(tokens)
    paired: set[tuple[int, bool]] = set()  # which token, and whether at its beginning
    for first, last in _quotations(tokens):
        paired |= {(first, True), (last, False)}
        for at in range(first, last + 1):
            marked[at] = replace(marked[at], untouchable=True)
    return [_without_loose(token, at, paired) for at, token in enumerate(marked)]


def mark_read_out(tokens: Sequence[Token]) -> list[Token]:
    """Spare what follows `says`, `reads` and the like, up to the end of the sentence. English."""
    marked = list(tokens)
    for at in range(len(tokens)):
        for spared in _read_out(tokens, at):
            marked[spared] = replace(marked[spared], untouchable=True)
    return marked


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
    """Where the quotation closes that this token opens, if it does."""
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
    """The token without double quotation marks that pair with none. Inches keep theirs: `10"`."""
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


def _read_out(tokens: Sequence[Token], at: int) -> range:
    """The tokens that are read out after this one; for `written`, those before it as well."""
    key = tokens[at].key
    if key in _NAMING:
        named = tokens[at + 1 : at + 2]
        joins = not named or named[0].key in FUNCTION_WORDS
        return range(0) if joins else range(at + 1, min(at + 1 + _NAMED, _end(tokens, at)))
    if not (key in _READING or (key in _READ and _is_of_text(tokens, at))):
        return range(0)
    if at and tokens[at - 1].key in _SPEAKERS:
        return range(0)
    first = at + 1
    if key in _WRITTEN:
        first = _before(tokens, at)
    return range(first, _end(tokens, at))


def _is_of_text(tokens: Sequence[Token], at: int) -> bool:
    near = {token.key for token in tokens[max(0, at - _NEAR) : at]}
    return not near.isdisjoint(_TEXTS)


def _before(tokens: Sequence[Token], at: int) -> int:
    """`with No no no written on it`: what is written may stand before, after such a word."""
    for first in range(at - 1, max(-1, at - 2 - _NEAR), -1):
        if tokens[first].key in _BEARING:
            return first + 1
        if _ends(tokens, first):
            break
    return at + 1


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where what is read out ends: with the sentence, at a long pause, or after so many words."""
    last = min(len(tokens), at + 1 + _LONGEST_READ)
    if tokens[at].ends_sentence:
        return at + 1
    return next((end for end in range(at + 2, last) if _ends(tokens, end - 1)), last)


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].ends_sentence or tokens[at].pause_ms >= _PAUSE_MS

"""Protection of text that annotators read aloud from the image without quotation marks.

No rule may remove such text: `The sign reads Uh Oh`, `the word um`. In doubt more is protected than
necessary: a hesitation that stays is a smaller error than a removed word of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.text.en.lexicon import FUNCTION_WORDS, words
from annotate.text.tokens import Token

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


def protect_read_aloud(tokens: Sequence[Token]) -> list[Token]:
    """Protect what follows `says`, `reads` and the like, up to the end of the sentence."""
    protected = list(tokens)
    for at in range(len(tokens)):
        for position in _read_aloud(tokens, at):
            protected[position] = replace(protected[position], protected=True)
    return protected


def _read_aloud(tokens: Sequence[Token], at: int) -> range:
    """Positions read aloud after this token; for `written`, those before it as well."""
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
    """`with No no no written on it`: the text may be before `written`, after such a word."""
    for first in range(at - 1, max(-1, at - 2 - _NEAR), -1):
        if tokens[first].key in _BEARING:
            return first + 1
        if _ends(tokens, first):
            break
    return at + 1


def _end(tokens: Sequence[Token], at: int) -> int:
    """Where text read aloud ends: with the sentence, at a long pause, or at the maximum length."""
    last = min(len(tokens), at + 1 + _LONGEST_READ)
    if tokens[at].ends_sentence:
        return at + 1
    return next((end for end in range(at + 2, last) if _ends(tokens, end - 1)), last)


def _ends(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].ends_sentence or tokens[at].pause_ms >= _PAUSE_MS

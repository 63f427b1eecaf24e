"""Words that fill a pause: `um`, `you know`, `okay so` at the start.

Each rule lists the contexts in which the same words have a meaning, and leaves those unchanged.
"""

from __future__ import annotations

from annotate.text.en.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BE,
    CLITICS,
    COMPARING,
    CONJUNCTIONS,
    DANGLING,
    DETERMINERS,
    HESITATION,
    NUMBERS,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    words,
)
from annotate.text.tokens import Cut, Token

SEARCHING = (
    ("let", "me", "see"),
    ("let", "me", "think"),
    ("let's", "see"),
    ("how", "do", "you", "say"),
    ("how", "should", "i", "say"),
    ("what", "do", "you", "call", "it"),
    ("what's", "it", "called"),
)
"""Sounds that people make while they search for words."""

_PHRASE_STARTS = {phrase[0] for phrase in SEARCHING} | {"you", "i", "like"}

OPENING = words("okay ok alright oh ah wow yeah yep anyway well so right now hey hello hi")
OKAY = frozenset(("okay", "ok", "alright"))
NEEDS_COMMA = frozenset(("right", "now", "hey", "hello", "hi", "yeah", "ah", "wow"))
STARTERS = (
    DETERMINERS | POSSESSIVES | PRONOUNS | CLITICS | NUMBERS | PREPOSITIONS | {"there", "here"}
)
ASKING = words("what how who where why which that if when whether")
KNOWING = words("do did don't didn't if as what when that how would let to may might things all")
ADMITTING = AUXILIARIES | words(
    "to not let don't can't won't didn't doesn't couldn't wouldn't they"
)
"""`they won't let me see`: after these, it isn't a filler."""
LOVING = words("and is are was were about of him her them me")
"""`brands you know and love`: before these, `you know` has a meaning."""
GUESSING = frozenset(("about", "around", "maybe", "perhaps", "like"))
_START_MS = 500


def find_filler(tokens: list[Token], at: int) -> Cut | None:
    """The filler that begins at this token, if one does."""
    length = _sound(tokens, at) or _phrase(tokens, at)
    if length:
        return Cut(first=at, end=at + length, why="filler")
    if _is_opening(tokens, at) and _begins_anew(tokens, at):
        return Cut(first=at, end=at + 1, why="opening")
    return None


def find_i_mean(tokens: list[Token], at: int) -> Cut | None:
    """`I mean` where it corrects nothing: at the start, and within an unfinished phrase."""
    if keys(tokens, at, 2) != ("i", "mean"):
        return None
    if _next_key(tokens, at + 1) in ASKING and not tokens[at + 1].mark:
        return None
    if _is_initial(tokens, at) or tokens[at - 1].key in DANGLING | BE | CLITICS:
        return Cut(first=at, end=at + 2, why="filler")
    return None


def _is_initial(tokens: list[Token], at: int) -> bool:
    """Whether a sentence begins here: after a full stop or, unpunctuated, after a silence."""
    if at == 0 or tokens[at - 1].ends_sentence:
        return True
    return not tokens[at - 1].mark and tokens[at - 1].pause_ms >= _START_MS


def _begins_anew(tokens: list[Token], at: int) -> bool:
    """Whether the sentence still has a beginning without this word.

    After a silence alone, an article or preposition would begin none: `so` is all that shows it.
    """
    marked_start = at == 0 or tokens[at - 1].ends_sentence
    return marked_start or (
        _is_initial(tokens, at) and _next_key(tokens, at) not in ARTICLES | PREPOSITIONS
    )


def keys(tokens: list[Token], at: int, count: int) -> tuple[str, ...]:
    """The keys of `count` tokens from `at`, fewer at the end."""
    return tuple(token.key for token in tokens[at : at + count])


def _sound(tokens: list[Token], at: int) -> int:
    token, key = tokens[at], tokens[at].key
    if not HESITATION.fullmatch(key):
        return 0
    if key == "mm" and not _hums(tokens, at):
        return 0
    if token.text.isupper() and at and not tokens[at - 1].text.isupper():
        return 0  # an abbreviation read aloud: `the sign says ER`
    if token.is_capital or _next_key(tokens, at) == "oh" or (at and tokens[at - 1].key == "to"):
        return 0  # a name (`the Um Bongo can`), `uh oh`, `to err`
    return 1


def _hums(tokens: list[Token], at: int) -> bool:
    """Whether `mm` stands by itself or before a phrase: `5 mm`, `a mm scale` are millimetres."""
    before = tokens[at - 1] if at else None
    if before and (before.key in NUMBERS | PREPOSITIONS or before.key[-1:].isdigit()):
        return False
    apart = before is None or before.mark != "" or before.hesitant
    return (apart and tokens[at].mark != "") or _next_key(tokens, at) in STARTERS - {"of", "in"}


def _phrase(tokens: list[Token], at: int) -> int:
    if tokens[at].key not in _PHRASE_STARTS:
        return 0
    for phrase in SEARCHING:
        size = len(phrase)
        admitting = at > 0 and not tokens[at - 1].mark and tokens[at - 1].key in ADMITTING
        if (
            keys(tokens, at, size) == phrase
            and not admitting
            and _next_key(tokens, at + size - 1) not in ASKING
        ):
            return size
    if keys(tokens, at, 2) == ("you", "know") and _is_empty_you_know(tokens, at):
        return 2
    if keys(tokens, at, 3) == ("i", "don't", "know") and _is_empty_doubt(tokens, at):
        return 3
    return 1 if tokens[at].key == "like" and _is_empty_like(tokens, at) else 0


def _is_empty_like(tokens: list[Token], at: int) -> bool:
    """`and then, like, two nests`; after a verb such as `seem` or a noun it may be a comparison."""
    between = at > 0 and tokens[at].mark == "," and tokens[at - 1].mark == ","
    if not between or tokens[at - 1].key in COMPARING:
        return False
    counted = _next_key(tokens, at) in NUMBERS | GUESSING
    return counted or tokens[at - 1].key in CONJUNCTIONS | {"then", "there's", "there"}


def _is_empty_you_know(tokens: list[Token], at: int) -> bool:
    if at and tokens[at - 1].key in KNOWING and not tokens[at - 1].mark:
        return False
    if tokens[at + 1].mark:
        return at == 0 or tokens[at - 1].mark != "" or tokens[at - 1].hesitant
    return _next_key(tokens, at + 1) not in ASKING | LOVING


def _is_empty_doubt(tokens: list[Token], at: int) -> bool:
    """`I don't know` before a guess, as an aside; elsewhere it is an admission, and stays."""
    mark, before = tokens[at + 2].mark, tokens[at - 1].mark if at else "."
    guess = _next_key(tokens, at + 2) in GUESSING
    return (guess and mark in ("", ",")) or (mark == "," and before != "")


def _is_opening(tokens: list[Token], at: int) -> bool:
    first, key = tokens[at], tokens[at].key
    if key not in OPENING:
        return False
    if first.mark or (key in OKAY and _next_key(tokens, at) in STARTERS | OPENING):
        return True
    if key in OKAY:
        return False
    if key in NEEDS_COMMA:
        return False
    following = _next_key(tokens, at)
    return following in STARTERS or following in OPENING


def _next_key(tokens: list[Token], at: int) -> str:
    return tokens[at + 1].key if at + 1 < len(tokens) else ""

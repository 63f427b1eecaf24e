"""Repeated words: stutters (`the the`) and restarts (`there's a, there's a small flag`).

Of the two runs the first is removed. A run that ends one clause and begins the next (`behind the
house the house is white`) is no restart, nor are words that people double on purpose.
"""

from __future__ import annotations

from annotate.text.en.lexicon import (
    AUXILIARIES,
    BE,
    CLITICS,
    FUNCTION_WORDS,
    LEGITIMATE_REPEATS,
    PREPOSITIONS,
    words,
)
from annotate.text.tokens import Cut, Token

LONGEST_RUN = 8
OBJECTS = words("it you her him them this that these those one")
SUBJECTS = words("it this that what he she they there")
"""`what it is is a boat`: after these the first verb ends a clause."""
ITERATING = frozenset(("by", "after", "and", "over"))
"""`one by one by one`, `row after row`: runs joined by these are no stutters."""


def find_repeat(tokens: list[Token], at: int) -> Cut | None:
    """The first run of words from this token on that is said twice, longest first."""
    key = tokens[at].key
    for size in range(min(LONGEST_RUN, (len(tokens) - at) // 2), 0, -1):
        if tokens[at + size].key == key and _same(tokens, at, size) and _is_slip(tokens, at, size):
            why = "stutter" if size == 1 else "restart"
            return Cut(first=at, end=at + size, why=why, withdrawn=True)
    return None


def find_cut_off(tokens: list[Token], at: int) -> Cut | None:
    """A broken-off word (`th- the`), where the next word completes it or it is a fragment."""
    token = tokens[at]
    if not token.broken_off or at + 1 == len(tokens):
        return None
    if tokens[at + 1].key.startswith(token.key) or len(token.key) <= 2:
        return Cut(first=at, end=at + 1, why="cut_off", withdrawn=True)
    return None


def _same(tokens: list[Token], at: int, size: int) -> bool:
    return all(tokens[at + i].key == tokens[at + size + i].key for i in range(size))


def _is_slip(tokens: list[Token], at: int, size: int) -> bool:
    run, again = tokens[at : at + size], tokens[at + size : at + 2 * size]
    if all(token.text[:1].isupper() for token in again) and not _starts(again[0]):
        return False  # a name: `Bora Bora`, `New New York`
    if len({token.key for token in run}) == 1 and size > 1:
        return False  # `knock knock knock knock`: the single word decides
    doubled = all(token.key in LEGITIMATE_REPEATS or token.key.isdigit() for token in run)
    if doubled and not run[-1].hesitant:
        return False
    if any(token.ends_sentence for token in run) and not _broken_off(tokens, at, size):
        return False
    if size == 1:
        return _is_stutter(tokens, at)
    if run[-1].key in ITERATING or run[0].key in ITERATING:
        return False
    if not (run[-1].hesitant or run[-1].mark or any(t.key in FUNCTION_WORDS for t in run)):
        return False  # `red white red white`
    following = tokens[at + 2 * size].key if at + 2 * size < len(tokens) else ""
    return run[-1].key in FUNCTION_WORDS - OBJECTS or following not in AUXILIARIES


def _broken_off(tokens: list[Token], at: int, size: int) -> bool:
    """Whether the full stops between the runs are mistaken, or whole sentences are said twice."""
    run = tokens[at : at + size]
    if any(token.ends_sentence for token in run[:-1]):
        return False
    if run[-1].key in FUNCTION_WORDS - OBJECTS:
        return True
    whole = at == 0 or tokens[at - 1].ends_sentence
    return whole and tokens[at + 2 * size - 1].ends_sentence


def _is_stutter(tokens: list[Token], at: int) -> bool:
    """One word doubled. `around it, it has` and `with a hat on, on the left` are two clauses.

    Only grammatical words count as stutters; `pom pom` and `night night` are intended.
    """
    token, before = tokens[at], tokens[at - 1].key if at else ""
    if len(token.key) == 1 and (token.key not in ("a", "i") or tokens[at + 1].text == "A"):
        return False  # letters read aloud
    if token.key in OBJECTS:
        return before not in PREPOSITIONS
    if token.key in PREPOSITIONS and token.mark:
        return before in BE | CLITICS
    if token.key in BE:
        return before not in SUBJECTS
    return token.key in FUNCTION_WORDS or token.hesitant


def _starts(token: Token) -> bool:
    """Whether its capital is no evidence of a name: a sentence begins there, or it is `I`."""
    return token.began or token.key == "i" or token.key.startswith("i'")

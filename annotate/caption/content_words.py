"""What a sentence tells of the image, as a set of words, and how much of it another one tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from annotate.caption.lexicon import CLASSES, FUNCTION_WORDS, NEGATIONS, SAME_THING, TALK
from annotate.caption.stems import stem
from annotate.caption.tokens import Token

NOT = "not"
_LONG = 6
_CLASS_STEMS = frozenset(
    stem(SAME_THING.get(word, word)) for words in CLASSES for word in words if word != "one"
)
_SAME_STEM = {stem(word): stem(first) for word, first in SAME_THING.items()}
_SILENT = {stem(word) for word in TALK} | TALK


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """The content of a sentence: stems of its content words.

    Attributes:
        content: The stems; `not` stands for every negation.
        exact: Whether nothing less than all of it must be said elsewhere to count as said: so it is
            where words are pieces that any two sentences may share.
    """

    content: frozenset[str]
    exact: bool = False

    @property
    def decisive(self) -> frozenset[str]:
        """What must not be overlooked: the numbers, colours and sides among the content."""
        return frozenset(w for w in self.content if w in _CLASS_STEMS or w.isdigit())


def meaning_of(tokens: Iterable[Token], *, exact: bool = False) -> Meaning:
    """What these words tell."""
    content = set()
    for token in tokens:
        key = token.key
        if key in NEGATIONS or key.endswith("n't"):
            content.add(NOT)
        elif _tells(key):
            content.add(_same(stem(key)))
    return Meaning(content=frozenset(content - {"", NOT}) | _denied(content), exact=exact)


def covered(meaning: Meaning, other: Meaning, same_word_score: float) -> float:
    """Which share of the meaning the other tells as well.

    None at all when a number, colour or side is missing there, or when just one of the two denies.
    """
    if not meaning.content:
        return 1.0
    if meaning.decisive - other.content or (NOT in meaning.content) != (NOT in other.content):
        return 0.0
    if meaning.exact:
        return float(meaning.content <= other.content)
    known = sum(_knows(other.content, word, same_word_score) for word in meaning.content)
    return known / len(meaning.content)


def _knows(content: Collection[str], word: str, same_word_score: float) -> bool:
    if word in content:
        return True
    if len(word) < _LONG:
        return False
    long = [other for other in content if len(other) >= _LONG]
    found = process.extractOne(word, long, scorer=fuzz.ratio, score_cutoff=same_word_score)
    return found is not None


def _tells(key: str) -> bool:
    """Whether the word is content: `behind` and `look` aren't, `top`, `three` and `red` are."""
    if stem(key) in _CLASS_STEMS or key.isdigit():
        return True
    return key not in FUNCTION_WORDS and key not in _SILENT and stem(key) not in _SILENT


def _same(key: str) -> str:
    return _SAME_STEM.get(key, key)


def _denied(content: set[str]) -> set[str]:
    """A bare `no` or `nothing at all` denies nothing in particular, so it tells nothing."""
    return {NOT} if NOT in content and len(content) > 1 else set()

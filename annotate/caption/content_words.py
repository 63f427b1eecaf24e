"""The content of a sentence as a set of words, and the fraction that another sentence covers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from annotate.text.base import Lexicon
from annotate.text.tokens import Token

NOT = "not"
_LONG = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentWords:
    """The content of a sentence.

    Attributes:
        stems: Stems of its content words; `not` stands for every negation.
        decisive: Those of them that another sentence must have to cover this one: numbers, colours
            and sides.
        exact: Whether another sentence covers it only with all of its words, as in languages
            without blanks, where words are fragments that any two sentences may have in common.
    """

    stems: frozenset[str]
    decisive: frozenset[str]
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stems:
    """A lexicon's lists as stems."""

    classes: frozenset[str]
    synonyms: Mapping[str, str]
    talk: frozenset[str]


def content_words(
    tokens: Iterable[Token], lexicon: Lexicon, *, exact: bool = False
) -> ContentWords:
    """The content words of a sentence.

    Args:
        lexicon: The word lists of its language.
    """
    known = _stems_of(lexicon)
    found = set()
    for token in tokens:
        key = token.key
        if key in lexicon.negations or key.endswith("n't"):
            found.add(NOT)
        elif _is_content(key, lexicon):
            stem = lexicon.stem(key)
            found.add(known.synonyms.get(stem, stem))
    stems = frozenset(found - {"", NOT}) | _negation(found)
    decisive = frozenset(word for word in stems if word in known.classes or word.isdigit())
    return ContentWords(stems=stems, decisive=decisive, exact=exact)


def union(one: ContentWords, other: ContentWords) -> ContentWords:
    """The content of two sentences together."""
    return ContentWords(stems=one.stems | other.stems, decisive=one.decisive | other.decisive)


def coverage(words: ContentWords, other: ContentWords, same_word_score: float) -> float:
    """The fraction of a sentence's content that another has as well, from 0 to 1.

    It is 0 when the other lacks a number, colour or side, or when just one of the two is negated.

    Args:
        same_word_score: From this similarity (0 to 100) on, two long words count as one.
    """
    if not words.stems:
        return 1.0
    if words.decisive - other.stems or (NOT in words.stems) != (NOT in other.stems):
        return 0.0
    if words.exact:
        return float(words.stems <= other.stems)
    shared = sum(_is_in(other.stems, word, same_word_score) for word in words.stems)
    return shared / len(words.stems)


def _is_in(stems: Collection[str], word: str, same_word_score: float) -> bool:
    if word in stems:
        return True
    if len(word) < _LONG:
        return False
    long = [other for other in stems if len(other) >= _LONG]
    found = process.extractOne(word, long, scorer=fuzz.ratio, score_cutoff=same_word_score)
    return found is not None


def _is_content(key: str, lexicon: Lexicon) -> bool:
    """Whether the word is content: `behind` and `look` aren't, `top`, `three` and `red` are."""
    known, stem = _stems_of(lexicon), lexicon.stem(key)
    if stem in known.classes or key.isdigit():
        return True
    return key not in lexicon.function_words and key not in known.talk and stem not in known.talk


def _negation(found: set[str]) -> set[str]:
    """A bare `no` or `nothing at all` negates nothing in particular, so it has no content."""
    return {NOT} if NOT in found and len(found) > 1 else set()


@lru_cache(maxsize=64)
def _stems_of(lexicon: Lexicon) -> _Stems:
    stem, synonyms = lexicon.stem, lexicon.synonyms
    members = (word for one in lexicon.classes for word in one if word != "one")
    return _Stems(
        classes=frozenset(stem(synonyms.get(word, word)) for word in members),
        synonyms={stem(word): stem(first) for word, first in synonyms.items()},
        talk=frozenset(map(stem, lexicon.talk)) | lexicon.talk,
    )

"""The role of a word in an English phrase, found in short lists of closed-class words.

English has a few hundred closed-class words and gains no new ones, so a word that is in no list
refers to something. That is the observation behind chunking noun phrases without a grammar
(Abney, "Parsing by Chunks", 1991); the lists contain the closed-class words and the verbs that are
common in spoken descriptions of images.
"""

from __future__ import annotations

from functools import lru_cache

from annotate.text.en import lexicon
from annotate.text.en.lexicon import words
from annotate.text.normalization import bare_word
from annotate.text.roles import Role

_ARTICLES = lexicon.ARTICLES | lexicon.POSSESSIVES
_DETERMINERS = (lexicon.DETERMINERS - lexicon.ARTICLES - words("another")) | words(
    "all several many few more most no"
)
_NUMERALS = words("one two three four five six seven eight nine ten eleven twelve twenty hundred")
_MEASURES = words("kind sort type lot lots bit couple pair bunch piece")
_ADVERBS = words("very really quite pretty rather slightly fairly too almost")
_FUNCTION_WORDS = (
    lexicon.PREPOSITIONS
    | lexicon.PRONOUNS
    | lexicon.CONJUNCTIONS
    | lexicon.AUXILIARIES
    | lexicon.SHORT_ADVERBS
    | words("after away besides beyond like next underneath")
    | words("although either how neither nor since though unless whereas whom whose why")
    | words("hers herself himself itself myself theirs themselves yourself")
    | words("anybody anyone anything everybody everyone everything everywhere nobody nothing")
    | words("somebody someone something somewhere")
    | words("cannot doing done having need")
)
_COMMENTS = words(
    "actually again ah already anyway apparently basically certainly clearly definitely else er "
    "erm ever exactly generally hm hmm huh kinda literally mainly maybe mhm mm mostly now "
    "obviously oh ok okay overall perhaps possibly presumably probably simply sorry sorta still "
    "together uh uhm um usually well yeah yes yet"
)
_VERBS = words(
    """
appear ask become begin bring call carry come contain depict describe feature get give go guess hang
have hold include keep know lead lean leave let lie look make mean mention notice read say see seem
show sit stand start stay suggest surround take tell think try turn use wait want wear
"""
)
_IRREGULAR_VERBS = words(
    """
became began brought came gave given gone got held hung kept knew known led lying made
meant said sat saw seen shown stood taken thought told took went wore worn
"""
)

_ROLES: dict[str, Role] = {
    word: role
    for role, members in (
        (Role.VERB, _IRREGULAR_VERBS),
        (Role.FUNCTION, _FUNCTION_WORDS | _COMMENTS),
        (Role.LINK, words("of")),
        (Role.ADVERB, _ADVERBS),
        (Role.MEASURE, _MEASURES),
        (Role.NUMERAL, _NUMERALS),
        (Role.DETERMINER, _DETERMINERS),
        (Role.ARTICLE, _ARTICLES),
    )
    for word in members
}
"""A word in several lists has the role of the last of them."""


@lru_cache(maxsize=65_536)
def role_of(text: str) -> Role:
    """The role of a word as the recognizer wrote it, whatever its case and punctuation."""
    word = bare_word(text)
    if not word or word.endswith("n't"):
        return Role.FUNCTION
    if word[0].isdigit():
        return Role.NUMERAL
    stem, apostrophe, _ = word.partition("'")
    role = _ROLES.get(stem) or (Role.VERB if _is_verb(stem) else Role.CONTENT)
    if apostrophe and role is not Role.CONTENT:
        return Role.FUNCTION
    return role


def _is_verb(word: str) -> bool:
    """Whether the word is a listed verb or its regular `-s`, `-ed` or `-ing` form."""
    stems = {word}
    if word.endswith("s"):
        stems |= {word[:-1], word.removesuffix("es")}
    if word.endswith("ed"):
        stems |= {word[:-1], word[:-2]}
    if word.endswith("ing"):
        stem = word[:-3]
        stems |= {stem, stem + "e"}
        if len(stem) > 1 and stem[-1] == stem[-2]:  # sit, sitting
            stems.add(stem[:-1])
    return not stems.isdisjoint(_VERBS)

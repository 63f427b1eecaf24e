"""What a word does in an English sentence, told from short lists of closed-class words.

English has a few hundred words that hold sentences together and keep gaining none, so whatever is
in no list refers to something. That is the observation behind chunking noun phrases without a
grammar (Abney, "Parsing by Chunks", 1991); the lists hold the members that are heard in spoken
descriptions of images, and the verbs that are common there.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache


class Role(Enum):
    """What a word does to a phrase."""

    ARTICLE = "opens a phrase; what follows is a noun, even if it looks like a verb"
    DETERMINER = "opens a phrase"
    NUMERAL = "opens a phrase before a content word; stands for the thing itself otherwise"
    MEASURE = "counts things and refers to none itself"
    LINK = "`of`: goes on with the phrase after a measure, a numeral or a determiner"
    ADVERB = "belongs to the content word after it"
    FUNCTION = "ends a phrase: prepositions, conjunctions, pronouns, auxiliaries, fillers"
    VERB = "ends a phrase, except after an article"
    CONTENT = "refers to something"


ARTICLES = "a an the my your his her its our their"
DETERMINERS = "this that these those some any each every both all several many few more most no"
NUMERALS = "one two three four five six seven eight nine ten eleven twelve twenty hundred"
MEASURES = "kind sort type lot lots bit couple pair bunch piece"
ADVERBS = "very really quite pretty rather slightly fairly too almost"
PREPOSITIONS = """
about above across after against along among around as at away before behind below beneath beside
besides between beyond by down during for from in inside into like near next off on onto out
outside over past than through to toward towards under underneath up upon with within without
"""
CONJUNCTIONS = """
although and because but either how if neither nor or since then though unless until when where
whereas whether which while who whom whose why
"""
PRONOUNS = """
he her here hers herself him himself i it itself me myself she there they them themselves theirs us
we what you yourself somebody someone something anybody anyone anything nobody nothing everybody
everyone everything somewhere everywhere
"""
AUXILIARIES = """
am are be been being can cannot could did do does doing done had has have having is may might must
need not shall should was were will would
"""
COMMENTS = """
actually again ah already also anyway apparently basically certainly clearly definitely else er erm
even ever exactly generally hm hmm huh just kinda literally mainly maybe mhm mm mostly now obviously
oh ok okay only overall perhaps possibly presumably probably simply so sorry sorta still together uh
uhm um usually well yeah yes yet
"""
VERBS = """
appear ask become begin bring call carry come contain depict describe feature get give go guess hang
have hold include keep know lead lean leave let lie look make mean mention notice read say see seem
show sit stand start stay suggest surround take tell think try turn use wait want wear
"""
IRREGULAR_VERBS = """
became began brought came gave given gone got held hung kept knew known led lying made
meant said sat saw seen shown stood taken thought told took went wore worn
"""

_ROLES: dict[str, Role] = {
    word: role
    for role, words in (
        (Role.VERB, IRREGULAR_VERBS),
        (Role.FUNCTION, PREPOSITIONS + CONJUNCTIONS + PRONOUNS + AUXILIARIES + COMMENTS),
        (Role.LINK, "of"),
        (Role.ADVERB, ADVERBS),
        (Role.MEASURE, MEASURES),
        (Role.NUMERAL, NUMERALS),
        (Role.DETERMINER, DETERMINERS),
        (Role.ARTICLE, ARTICLES),
    )
    for word in words.split()
}
_BASE_VERBS = frozenset(VERBS.split())


@lru_cache(maxsize=65_536)
def role_of(text: str) -> Role:
    """The role of a word as the recognizer wrote it, whatever its case and punctuation."""
    word = bare(text)
    if not word or word.endswith("n't"):
        return Role.FUNCTION
    if word[0].isdigit():
        return Role.NUMERAL
    stem, apostrophe, _ = word.partition("'")
    role = _ROLES.get(stem) or (Role.VERB if _is_verb(stem) else Role.CONTENT)
    if apostrophe and role is not Role.CONTENT:
        return Role.FUNCTION
    return role


def bare(text: str) -> str:
    """The word in lower case without punctuation around it: `"Suit,"` becomes `suit`."""
    word = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]


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
    return not stems.isdisjoint(_BASE_VERBS)

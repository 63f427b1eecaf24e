"""The role of a word in a phrase."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """The role of a word in a phrase: a closed tag set, coarser than parts of speech."""

    ARTICLE = "opens a phrase; what follows is a noun, even if it looks like a verb"
    DETERMINER = "opens a phrase"
    NUMERAL = "opens a phrase before a content word; stands for the thing itself otherwise"
    MEASURE = "counts things and refers to none itself"
    LINK = "`of`: goes on with the phrase after a measure, a numeral or a determiner"
    ADVERB = "belongs to the content word after it"
    FUNCTION = "ends a phrase: prepositions, conjunctions, pronouns, auxiliaries, fillers"
    VERB = "ends a phrase, except after an article"
    CONTENT = "refers to something"

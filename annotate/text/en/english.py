"""The `Language` class of English, and its lexicon."""

from __future__ import annotations

from collections.abc import Sequence

from annotate.text.base import Language, Lexicon
from annotate.text.en import lexicon
from annotate.text.en.corrections import find_broken_clause, find_correction
from annotate.text.en.fillers import find_filler, find_i_mean
from annotate.text.en.lexicon import words
from annotate.text.en.phrase_roles import role_of
from annotate.text.en.read_aloud import protect_read_aloud
from annotate.text.en.repeats import find_cut_off, find_repeat
from annotate.text.en.stems import stem
from annotate.text.non_speech import find_non_speech
from annotate.text.roles import Role
from annotate.text.tokens import Token

LEXICON = Lexicon(
    abbreviations=lexicon.ABBREVIATIONS,
    expectant=lexicon.EXPECTANT,
    possible_names=lexicon.POSSIBLE_NAMES,
    function_words=lexicon.FUNCTION_WORDS,
    talk=lexicon.TALK,
    negations=lexicon.NEGATIONS,
    classes=lexicon.CLASSES,
    synonyms=lexicon.SYNONYMS,
    anaphora=lexicon.ANAPHORA,
    continuing=lexicon.CONTINUING,
    stem=stem,
)

_CONTINUATIONS = words("of than")
"""No sentence begins with one of these."""
_NEVER_FIRST = (
    lexicon.ARTICLES
    | lexicon.PREPOSITIONS
    | words("and or but nor than which who whose that because")
)
_CLAUSES = lexicon.PRONOUNS | lexicon.CLITICS | words("there here this these those")
"""Words with which a clause begins: after `and` they make it one."""


class English(Language):
    """English. Hesitations are removed first, since a correction is only found without them."""

    disfluencies = (
        (find_non_speech, find_cut_off, find_filler, find_repeat),
        (find_correction, find_broken_clause),
        (find_i_mean,),
    )

    def phrase_roles(self, words: Sequence[str]) -> list[Role]:
        """The role of each word, from lists of closed-class words."""
        return [role_of(word) for word in words]

    def protect_read_aloud(self, tokens: Sequence[Token]) -> list[Token]:
        """Protect what follows `says`, `reads` and the like."""
        return protect_read_aloud(tokens)

    def continues(self, before: Token, after: Token, pause_ms: int) -> bool:
        """After any silence where the words require it, else after a short one.

        After a short one a word with which sentences begin ends the sentence.
        """
        if before.key in lexicon.DANGLING | lexicon.PREPOSITIONS or after.key in _CONTINUATIONS:
            return True
        return before.pause_ms < pause_ms and after.key not in lexicon.OPENERS

    def is_lower_case(self, token: Token, following: Token | None) -> bool:
        """A closed-class word, except an auxiliary before a name, which may be part of the name."""
        before_a_name = following is not None and following.is_capital
        auxiliary = before_a_name and token.key in lexicon.AUXILIARIES
        return token.key in lexicon.ALWAYS_LOWER_CASE and not auxiliary

    def is_unfinished(self, token: Token) -> bool:
        """After an article, a possessive, `and` or `or`."""
        return token.text in lexicon.NEVER_LAST

    def may_break(self, token: Token, following: Sequence[Token]) -> bool:
        """Not after a preposition, and not before a word that begins no sentence."""
        if token.key in lexicon.DANGLING | lexicon.PREPOSITIONS:
            return False
        first = following[0].key
        if first in ("and", "but", "because") and len(following) > 1:
            return following[1].key in _CLAUSES
        return first not in _NEVER_FIRST

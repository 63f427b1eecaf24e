"""The interface of a language, and the defaults for languages without rules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotate.text import punctuation
from annotate.text.non_speech import find_non_speech
from annotate.text.roles import Role
from annotate.text.tokens import Cut, Token

Find = Callable[[list[Token], int], Cut | None]
"""A rule: the tokens to remove that begin at a position, if any do."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """The word lists by which captions are compared and written. Keys are in lower case.

    Attributes:
        abbreviations: Words whose full stop belongs to them (`mr`), without it.
        expectant: Words that can't end a phrase, so that no comma follows them.
        possible_names: Words that are names as well: a form in lower case elsewhere is no
            evidence about a capital here.
        function_words: Grammatical words without content.
        talk: Words about looking and talking, which have no content about the image.
        negations: Words that deny.
        classes: Sets such as numbers, colours and sides. A sentence covers another only with the
            same words of these.
        synonyms: Words that count as one, by the first of each group.
        anaphora: Pronouns for what was named before.
        continuing: First words of a sentence that continues the one before.
        stem: The common form of a word's inflections.
    """

    abbreviations: frozenset[str]
    expectant: frozenset[str]
    possible_names: frozenset[str]
    function_words: frozenset[str]
    talk: frozenset[str]
    negations: frozenset[str]
    classes: tuple[frozenset[str], ...]
    synonyms: Mapping[str, str]
    anaphora: frozenset[str]
    continuing: frozenset[str]
    stem: Callable[[str], str]


class Language:
    """The rules of a language as the stages use them. This class has no grammar: it fits any.

    A language with rules of its own is a subclass in a module of its own, registered in
    `annotate.text.languages`. Methods take whole sequences, so that a parser can implement them.

    Args:
        code: The language's code, such as `de`.
        lexicon: Its word lists.
    """

    disfluencies: Sequence[Sequence[Find]] = ((find_non_speech,),)
    """Rules that remove words, in groups that are applied one after the other."""

    def __init__(self, code: str, lexicon: Lexicon):
        self.code = code
        self.lexicon = lexicon

    def phrase_roles(self, words: Sequence[str]) -> list[Role]:
        """The role of each word of a transcript, as the recognizer wrote them."""
        return [Role.CONTENT] * len(words)

    def read_marks(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens with the kinds of their marks as this language uses the marks."""
        return list(tokens)

    def protect_read_aloud(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens, with those protected that are read from the image without quotation marks."""
        return list(tokens)

    def continues(self, before: Token, after: Token, pause_ms: int) -> bool:
        """Whether a sentence continues across the cut between two windows, at a silence.

        Args:
            before: The last token before the cut, with a full stop after it.
            after: The first token of the next window.
            pause_ms: From this length of silence on, the recognizer's full stop stays.
        """
        return False

    def is_lower_case(self, token: Token, following: Token | None) -> bool:
        """Whether a word that begins a sentence has no capital elsewhere, with certainty."""
        return False

    def is_unfinished(self, token: Token) -> bool:
        """Whether this word can't end a phrase, in spite of a full stop (`there's a.`)."""
        return False

    def may_break(self, token: Token, following: Sequence[Token]) -> bool:
        """Whether a sentence may end between unpunctuated words at a long pause.

        Args:
            following: The next one or two tokens.
        """
        return True

    def capital(self, letter: str) -> str:
        """A sentence's first letter in title case; more than one character if there is none."""
        return letter.title()

    def stop(self, text: str) -> str:
        """The mark that ends a sentence after which the recognizer wrote none."""
        return punctuation.stop_for(self.code, text)

    @property
    def comma(self) -> str:
        """The mark for a hesitation."""
        return punctuation.comma_for(self.code)

    @property
    def between_sentences(self) -> str:
        """The separator of two sentences."""
        return punctuation.joins_sentences(self.code)

"""Tokens to sentences: where one ends, and how its words are written.

The recognizer's marks stay. A full stop is added only where the narration ends and at a long
pause in text that has none, never beside an article or preposition. The one change to a word is
the capital at a sentence's start: added, or removed where the sentence no longer starts there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.caption.options import CaptionOptions
from annotate.text.base import Language
from annotate.text.languages import language_for
from annotate.text.punctuation import QUOTES
from annotate.text.tokens import Token, marked

_MARKED_WORDS = 30
"""A narration with fewer full stops than one in so many words counts as unpunctuated."""
_NOT_IN_NAMES = frozenset("./@:_0123456789")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as it is written in the caption.

    Attributes:
        written: The text of each token.
        lead: Text before it, if any.
        spaced: Whether its language has blanks between words.
    """

    tokens: tuple[Token, ...]
    written: tuple[str, ...]
    lead: str = " "
    spaced: bool = True

    @property
    def probability(self) -> float:
        """The recognizer's confidence in it: the mean over its words."""
        return sum(token.probability for token in self.tokens) / len(self.tokens)

    @property
    def gaps(self) -> tuple[str, ...]:
        """The text before each token."""
        return (self.lead, *(" " if token.space_before else "" for token in self.tokens[1:]))

    @property
    def text(self) -> str:
        """The sentence's text."""
        pairs = zip(self.gaps, self.written, strict=True)
        return "".join(gap + word for gap, word in pairs)[len(self.lead) :]


def split_sentences(
    tokens: Sequence[Token], options: CaptionOptions, language: str = "en"
) -> list[Sentence]:
    """The sentences of these words, in order; together they contain every word once.

    Args:
        language: A code or tag.
    """
    spoken_in = language_for(language)
    marks = sum(token.ends_sentence for token in tokens)
    marked_well = marks * _MARKED_WORDS >= len(tokens)
    sentences: list[Sentence] = []
    for run in _runs(tokens, spoken_in):
        if marked_well and len(run) <= options.longest_sentence:
            parts = [run]
        else:
            parts = _at_pauses(run, options.sentence_pause_ms, spoken_in)
        sentences += [_write(part, spoken_in) for part in parts]
    return sentences


def _runs(tokens: Sequence[Token], language: Language) -> list[list[Token]]:
    """Split at the recognizer's full stops, except after a word that can't end a sentence."""
    runs: list[list[Token]] = []
    current: list[Token] = []
    for index, token in enumerate(tokens):
        last = index + 1 == len(tokens)
        if not last and _goes_on(token, language):
            token = marked(token, "")
        current.append(token)
        if token.ends_sentence and (last or not _is_quoted(token, tokens[index + 1])):
            runs.append(current)
            current = []
    return [*runs, current] if current else runs


def _is_quoted(token: Token, following: Token) -> bool:
    """Whether the sentence around a quoted one continues after it: `"Go." in red`."""
    return token.inside and following.text[:1].islower()


def _goes_on(token: Token, language: Language) -> bool:
    """Whether the recognizer's full stop is within a phrase: `there's a. small flag`."""
    return token.mark == "." and not token.protected and language.is_unfinished(token)


def _at_pauses(run: list[Token], pause_ms: int, language: Language) -> list[list[Token]]:
    """Split at long pauses that have no mark, where the words allow a full stop.

    A comma of the recognizer stays a comma, with a pause or without.
    """
    parts: list[list[Token]] = [[]]
    for index, token in enumerate(run):
        parts[-1].append(token)
        if index + 1 < len(run) and token.pause_ms >= pause_ms:
            following = run[index + 1 : index + 3]
            if not token.mark and _may_break(token, following, language):
                parts.append([])
    return parts


def _may_break(token: Token, following: list[Token], language: Language) -> bool:
    within = token.protected and following[0].protected
    return not within and language.may_break(token, following)


def _write(tokens: list[Token], language: Language) -> Sentence:
    last = len(tokens) - 1
    written = [
        _with_mark(_cased(token, language, first=index == 0), token, _mark(token, language))
        for index, token in enumerate(tokens[:-1])
    ]
    ending = _cased(tokens[-1], language, first=last == 0)
    text = "".join([*written, ending])
    written.append(_with_mark(ending, tokens[-1], _last_mark(tokens[-1], text, language)))
    return Sentence(
        tokens=tuple(tokens),
        written=tuple(written),
        lead=language.between_sentences,
        spaced=all(token.space_before for token in tokens[1:]),
    )


def _mark(token: Token, language: Language) -> str:
    return token.sign or (language.comma if token.mark == "," else token.mark)


def _last_mark(token: Token, text: str, language: Language) -> str:
    if token.ends_sentence:
        return token.sign or token.mark
    stop = language.stop(text)
    return token.sign if not stop else "" if token.text.rstrip(QUOTES).endswith(stop) else stop


def _with_mark(text: str, token: Token, mark: str) -> str:
    """The word with its mark, within its closing quotation marks if it was there."""
    if token.inside and token.closing and token.sign == mark:
        return text[: -token.closing] + mark + text[-token.closing :]
    return text + mark


def _cased(token: Token, language: Language, *, first: bool) -> str:
    if first:
        return token.text if token.protected else _capital(token, language)
    return token.lower or token.text


def _capital(token: Token, language: Language) -> str:
    """The first letter in upper case, where the script has one and the word has no capital.

    `iPhone`, `5mm` and `www.example.com` stay as they are.
    """
    text = token.text
    bare = text.lstrip(QUOTES + "\u00bf\u00a1")
    if not bare[:1].isalpha() or bare != bare.lower() or not _NOT_IN_NAMES.isdisjoint(bare):
        return text
    first = language.capital(bare[0])
    return text[: len(text) - len(bare)] + first + bare[1:] if len(first) == 1 else text

"""Kept words as sentences: where one ends, and how its words are written.

Only the surface changes: capitals, full stops, commas and spaces. The words stay as heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotate.caption.lexicon import DANGLING, FUNCTION_WORDS, OPENERS
from annotate.caption.options import CaptionOptions
from annotate.caption.tokens import Token

_OPENER_MS = 250
"""So much less silence suffices before a word with which sentences begin."""
_MARKED_WORDS = 30
"""A narration with fewer full stops than one in so many words counts as unpunctuated."""
_SHORTEST = 4
_DOUBLE_QUOTES = '"\u201c\u201d'


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as it will stand in the caption: `written[i]` is how token `i` is spelt there."""

    tokens: tuple[Token, ...]
    written: tuple[str, ...]

    @property
    def probability(self) -> float:
        """The recognizer's confidence in it: the mean over its words."""
        return sum(token.probability for token in self.tokens) / len(self.tokens)


def split_sentences(tokens: Sequence[Token], options: CaptionOptions) -> list[Sentence]:
    """The sentences that these words make, in order; together they hold every word once."""
    marks = sum(token.ends_sentence for token in tokens)
    pause_ms = options.sentence_pause_ms if marks * _MARKED_WORDS < len(tokens) else None
    sentences: list[Sentence] = []
    for run in _runs(tokens, pause_ms):
        sentences += [_write(part) for part in _shorten(run, options.longest_sentence)]
    return sentences


def _runs(tokens: Sequence[Token], pause_ms: int | None) -> list[list[Token]]:
    """Split at full stops and, where there are none, at pauses of `pause_ms`."""
    runs: list[list[Token]] = []
    current: list[Token] = []
    for index, token in enumerate(tokens):
        current.append(token)
        if _can_end(token) and (token.ends_sentence or _is_pause(tokens, index, pause_ms)):
            runs.append(current)
            current = []
    return [*runs, current] if current else runs


def _is_pause(tokens: Sequence[Token], index: int, pause_ms: int | None) -> bool:
    return pause_ms is not None and _break_ms(tokens, index) >= pause_ms


def _break_ms(tokens: Sequence[Token], index: int) -> int:
    """The silence after a token, lengthened where a sentence could begin with the next."""
    if index + 1 == len(tokens):
        return 0
    return tokens[index].pause_ms + (_OPENER_MS if tokens[index + 1].key in OPENERS else 0)


def _can_end(token: Token) -> bool:
    return token.key not in DANGLING


def _shorten(run: list[Token], longest: int) -> list[list[Token]]:
    """Split a run that is too long where the break is best; keep it where none is any good."""
    if len(run) <= longest:
        return [run]
    places = [
        index
        for index in range(_SHORTEST - 1, len(run) - _SHORTEST)
        if _can_end(run[index]) and _break_ms(run, index) >= _OPENER_MS
    ]
    if not places:
        return [run]
    best = max(places, key=lambda index: (_break_ms(run, index), -abs(2 * index - len(run))))
    return _shorten(run[: best + 1], longest) + _shorten(run[best + 1 :], longest)


def _write(tokens: list[Token]) -> Sentence:
    quoted = sum(token.text.count(quote) for token in tokens for quote in _DOUBLE_QUOTES) % 2 == 0
    written = []
    for index, token in enumerate(tokens):
        text = token.text
        if not quoted:
            text = text.strip(_DOUBLE_QUOTES)
        last = index == len(tokens) - 1
        mark = _last_mark(token) if last else token.mark
        if token.ends_sentence and not last:
            mark = ","
        written.append(_cased(text, token, first=index == 0) + mark)
    return Sentence(tokens=tuple(tokens), written=tuple(written))


def _last_mark(token: Token) -> str:
    return token.mark if token.ends_sentence else "."


def _cased(text: str, token: Token, *, first: bool) -> str:
    if token.key == "i" or token.key.startswith("i'"):
        return text.replace("i", "I", 1)
    if first:
        return _capital(text)
    if token.key in FUNCTION_WORDS and text.istitle() and len(text) > 1:
        return text.lower()
    return text


def _capital(text: str) -> str:
    """The first letter in upper case, unless the word has capitals of its own (`iPhone`)."""
    for index, char in enumerate(text):
        if char.isalpha():
            plain = text[index:] == text[index:].lower()
            return text[:index] + char.upper() + text[index + 1 :] if plain else text
    return text

"""Joining of sentences that were cut in two at the end of a window.

Audio is decoded in windows of at most 30 s. At the end of one the recognizer writes a full stop
and begins the next with a capital, whether or not the sentence continues. Its output stays in the
transcript; here the two halves become one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.text.base import Language
from annotate.text.punctuation import QUOTES
from annotate.text.tokens import Token, marked

IN_SPEECH_MS = 300
"""A cut in a silence shorter than this is within speech: it is the least that ends a stretch."""


def join_windows(tokens: Sequence[Token], pause_ms: int, language: Language) -> list[Token]:
    """Remove the full stop at a cut where the sentence continues.

    That is where speech was cut, and after a silence where the language's words show it.

    Args:
        pause_ms: From this length of silence on, the full stop stays unless the words contradict
            it.
        language: The words' language.
    """
    joined = list(tokens)
    for at in range(1, len(tokens)):
        before, after = tokens[at - 1], tokens[at]
        if before.window is None or after.window is None or before.window == after.window:
            continue
        joined[at] = replace(joined[at], began=True)
        if before.mark == "." and _goes_on(before, after, pause_ms, language):
            joined[at - 1] = marked(joined[at - 1], "")
    return joined


def _goes_on(before: Token, after: Token, pause_ms: int, language: Language) -> bool:
    return before.pause_ms < IN_SPEECH_MS or language.continues(before, after, pause_ms)


def note_lower_case(tokens: Sequence[Token], language: Language) -> list[Token]:
    """Add the lower-case form to tokens with which the recognizer began a sentence.

    Only where that is certain: a word that never has a capital in the language, or one that occurs
    elsewhere in the narration without a capital, never with one, and is no name.
    """
    lower = {token.text for token in tokens if token.text == token.text.lower()}
    capital = {token.text for token in tokens if token.is_capital}
    noted = []
    for at, token in enumerate(tokens):
        lowered = _lowered(token.text)
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        before_a_name = following is not None and following.is_capital
        elsewhere = lowered in lower and token.text not in capital and not before_a_name
        known = language.is_lower_case(token, following) or (
            elsewhere and token.key not in language.lexicon.possible_names
        )
        certain = token.began and not token.protected and lowered != token.text and known
        noted.append(replace(token, lower=lowered if certain else ""))
    return noted


def _lowered(text: str) -> str:
    """The word without its first capital, if it has no other (`The`, not `NASA` or `McDonald`)."""
    bare = text.lstrip(QUOTES)
    if not bare[:1].isupper() or bare[1:] != bare[1:].lower():
        return text
    return text[: len(text) - len(bare)] + bare[0].lower() + bare[1:]

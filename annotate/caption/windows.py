"""Sentences that were cut with the sound: seen as one where the speaker did not end there.

Sound is recognized in windows of at most 30 s. At the end of one the recognizer writes a full
stop and begins the next with a capital, whether or not the sentence goes on. What it wrote stays
in the transcript; here the two halves are joined again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.caption.lexicon import (
    AUXILIARIES,
    DANGLING,
    MAYBE_NAMES,
    OPENERS,
    PREPOSITIONS,
    SURELY_SMALL,
    words,
)
from annotate.caption.marks import QUOTES
from annotate.caption.tokens import Token, marked

IN_SPEECH_MS = 300
"""A cut in a silence shorter than this, the least that ends a stretch of speech, is in the midst of
speech."""
_GOES_ON = words("of than")
"""No sentence begins with one of these."""


def join_windows(tokens: Sequence[Token], pause_ms: int, *, english: bool) -> list[Token]:
    """Take off the full stop at a cut where the sentence goes on.

    That is where speech was cut, or after a short silence, unless a word follows with which
    sentences begin, or after any silence where the words say so (`on the`).

    Args:
        pause_ms: From so long a silence on the full stop is believed.
        english: Whether the words are, so that something is known of them.
    """
    joined = list(tokens)
    for at in range(1, len(tokens)):
        before, after = tokens[at - 1], tokens[at]
        if before.window is None or after.window is None or before.window == after.window:
            continue
        joined[at] = replace(joined[at], began=True)
        if before.mark == "." and _goes_on(before, after, pause_ms, english=english):
            joined[at - 1] = marked(joined[at - 1], "")
    return joined


def _goes_on(before: Token, after: Token, pause_ms: int, *, english: bool) -> bool:
    if before.pause_ms < IN_SPEECH_MS:
        return True
    if not english:
        return False
    if before.key in DANGLING | PREPOSITIONS or after.key in _GOES_ON:
        return True
    return before.pause_ms < pause_ms and after.key not in OPENERS


def note_small_forms(tokens: Sequence[Token], *, english: bool) -> list[Token]:
    """Note of words that the recognizer began a sentence with how they are written elsewhere.

    Only where that is certain: a word that never has a capital of its own (English), or one that
    stands elsewhere in the narration without, never with one, and is no name besides.
    """
    small = {token.text for token in tokens if token.text == token.text.lower()}
    capital = {token.text for token in tokens if token.is_capital}
    noted = []
    for at, token in enumerate(tokens):
        lowered = _lowered(token.text)
        before_a_name = at + 1 < len(tokens) and tokens[at + 1].is_capital
        listed = (
            english
            and token.key in SURELY_SMALL
            and not (before_a_name and token.key in AUXILIARIES)
        )
        elsewhere = lowered in small and token.text not in capital and not before_a_name
        known = listed or (elsewhere and token.key not in MAYBE_NAMES)
        certain = token.began and not token.untouchable and lowered != token.text and known
        noted.append(replace(token, small=lowered if certain else ""))
    return noted


def _lowered(text: str) -> str:
    """The word without its first capital, if it has no other (`The`, not `NASA` or `McDonald`)."""
    bare = text.lstrip(QUOTES)
    if not bare[:1].isupper() or bare[1:] != bare[1:].lower():
        return text
    return text[: len(text) - len(bare)] + bare[0].lower() + bare[1:]

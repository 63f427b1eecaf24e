"""A narration's words to tokens, with all that the rules must know before they take anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotate.caption.options import SENTENCE_PAUSE_MS
from annotate.caption.quoting import mark_quotes, mark_read_out
from annotate.caption.tokens import Cut, Token, remove, split_words
from annotate.caption.windows import join_windows, note_small_forms
from annotate.model.language import is_english
from annotate.model.narration import NarratedWord


def tokenize(
    words: Sequence[NarratedWord], language: str = "en", pause_ms: int = SENTENCE_PAUSE_MS
) -> list[Token]:
    """The words as tokens: sentences that windows cut are whole, quotations are untouchable.

    Args:
        language: A code or tag.
        pause_ms: The silence from which on a full stop at a window's end is believed.
    """
    english = is_english(language)
    tokens = _without_taken_out(split_words(words), words)
    if language[:2].lower() == "el":
        tokens = _asked(tokens)
    tokens = mark_quotes(tokens)
    if english:
        tokens = mark_read_out(tokens)
    tokens = join_windows(tokens, pause_ms, english=english)
    return note_small_forms(tokens, english=english)


def _without_taken_out(tokens: list[Token], words: Sequence[NarratedWord]) -> list[Token]:
    """The tokens without those that the annotator took out; a sentence ends where it did."""
    for at in range(len(tokens) - 1, -1, -1):
        if words[tokens[at].word].edited == "":
            tokens = remove(tokens, Cut(first=at, end=at + 1, why="taken_out"))
    return tokens


def _asked(tokens: Sequence[Token]) -> list[Token]:
    """In Greek a semicolon asks."""
    return [replace(token, mark="?") if token.mark == ";" else token for token in tokens]

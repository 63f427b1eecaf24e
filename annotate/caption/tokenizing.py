"""Conversion of a narration's words to tokens, with what the rules need to know."""

from __future__ import annotations

from collections.abc import Sequence, Set

from annotate.caption.options import SENTENCE_PAUSE_MS
from annotate.caption.quotations import protect_quotations
from annotate.caption.windows import join_windows, note_lower_case
from annotate.model.narration import NarratedWord
from annotate.text.languages import language_for
from annotate.text.tokens import Cut, Token, remove, split_words


def tokenize(
    words: Sequence[NarratedWord], language: str = "en", pause_ms: int = SENTENCE_PAUSE_MS
) -> list[Token]:
    """The words as tokens: sentences that windows cut are whole, quotations are protected.

    Args:
        language: A code or tag.
        pause_ms: From this length of silence on, a full stop at a window's end stays.
    """
    spoken_in = language_for(language)
    lexicon = spoken_in.lexicon
    tokens = split_words(words, lexicon.abbreviations)
    tokens = spoken_in.read_marks(_without_taken_out(tokens, words, lexicon.expectant))
    tokens = spoken_in.protect_read_aloud(protect_quotations(tokens))
    tokens = join_windows(tokens, pause_ms, spoken_in)
    return note_lower_case(tokens, spoken_in)


def _without_taken_out(
    tokens: list[Token], words: Sequence[NarratedWord], expectant: Set[str]
) -> list[Token]:
    """The tokens without those that the annotator removed; a sentence ends where it did."""
    for at in range(len(tokens) - 1, -1, -1):
        if words[tokens[at].word].edited == "":
            tokens = remove(tokens, Cut(first=at, end=at + 1, why="taken_out"), expectant)
    return tokens

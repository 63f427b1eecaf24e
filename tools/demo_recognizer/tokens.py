"""The few of Whisper's tokens that this recognizer knows, and sentences as such tokens.

The network is trained with these tokens alone, numbered from 0; the 1,501 timestamps follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from takes import Sentence
from text import vocabulary

EOT, SOT, NO_SPEECH, NO_TIMESTAMPS = range(4)
"""The special tokens' numbers here."""

TIMESTAMPS = 1501
"""Whisper's timestamps: every 20 ms from 0 to 30 s."""

Span = tuple[int, int]


@lru_cache(maxsize=1)
def _whisper_tokenizer() -> Any:
    from whisper.tokenizer import get_tokenizer

    return get_tokenizer(False)


@lru_cache(maxsize=1)
def known_tokens() -> tuple[int, ...]:
    """Whisper's ids of all tokens that are trained, in the order of their numbers here."""
    whisper = _whisper_tokenizer()
    special = [whisper.eot, whisper.sot, whisper.no_speech, whisper.no_timestamps]
    found: set[int] = set(whisper.encode(".") + whisper.encode(","))
    for word in vocabulary():
        found.update(whisper.encode(f" {word}") + whisper.encode(f" {word[0].upper()}{word[1:]}"))
    return (*special, *sorted(found))


@lru_cache(maxsize=1)
def _numbers() -> dict[int, int]:
    return {token: number for number, token in enumerate(known_tokens())}


@cache
def encode_word(word: str) -> tuple[int, ...]:
    """A written word with its punctuation, as numbers of known tokens."""
    numbers = _numbers()
    return tuple(numbers[token] for token in _whisper_tokenizer().encode(f" {word}"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """A sentence as tokens, each with the milliseconds in which it is heard.

    A comma or full stop spans the pause up to the next word: that keeps the next word's start from
    slipping into the pause when word times are read off the cross-attention.
    """

    numbers: tuple[int, ...]
    spans: tuple[Span, ...]


def encode_sentence(sentence: Sentence, next_start_ms: int) -> Tokens:
    """Tokens of a sentence; `next_start_ms` is where the next one begins."""
    numbers: list[int] = []
    spans: list[Span] = []
    starts = [start for start, _ in sentence.words[1:]] + [next_start_ms]
    for word, (start, end), following in zip(
        sentence.text.split(), sentence.words, starts, strict=True
    ):
        letters = re.sub(r"[.,]$", "", word)
        ids = encode_word(letters)
        edges = [start + (end - start) * part // len(ids) for part in range(len(ids) + 1)]
        numbers += ids
        spans += pairwise(edges)
        if letters != word:
            numbers += encode_word(word)[len(ids) :]
            spans.append((end, max(following, end + 60)))
    return Tokens(tuple(numbers), tuple(spans))

"""The tokenizer: the subset of Whisper's tokens that is trained, and sentences in these tokens.

The network is trained with token ids that are indices into this subset, from 0; the 1,501
timestamps follow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from synthesis import Sentence
from text import vocabulary

EOT, SOT, NO_SPEECH, NO_TIMESTAMPS = range(4)
"""The ids of the special tokens in the subset."""

TIMESTAMPS = 1501
"""Whisper's timestamps: every 20 ms from 0 to 30 s."""

Span = tuple[int, int]


@lru_cache(maxsize=1)
def _whisper_tokenizer() -> Any:
    from whisper.tokenizer import get_tokenizer

    return get_tokenizer(False)


@lru_cache(maxsize=1)
def trained_tokens() -> tuple[int, ...]:
    """Whisper's ids of all trained tokens, ordered by their ids in the subset."""
    whisper = _whisper_tokenizer()
    special = [whisper.eot, whisper.sot, whisper.no_speech, whisper.no_timestamps]
    ids: set[int] = set(whisper.encode(".") + whisper.encode(","))
    for word in vocabulary():
        ids.update(whisper.encode(f" {word}") + whisper.encode(f" {word[0].upper()}{word[1:]}"))
    return (*special, *sorted(ids))


@lru_cache(maxsize=1)
def _indices() -> dict[int, int]:
    return {token: index for index, token in enumerate(trained_tokens())}


@cache
def encode_word(word: str) -> tuple[int, ...]:
    """Token ids of a word with its punctuation."""
    indices = _indices()
    return tuple(indices[token] for token in _whisper_tokenizer().encode(f" {word}"))


@dataclass(frozen=True, slots=True)
class TokenizedSentence:
    """A sentence as token ids, each with the span in milliseconds in which it is spoken.

    A comma or full stop spans the pause before the next word. Otherwise the next word's start would
    be placed in the pause when word times are computed from the cross-attention.
    """

    ids: tuple[int, ...]
    spans: tuple[Span, ...]


def encode_sentence(sentence: Sentence, next_start_ms: int) -> TokenizedSentence:
    """Tokenize a sentence; `next_start_ms` is the start of the next one."""
    ids: list[int] = []
    spans: list[Span] = []
    starts = [start for start, _ in sentence.words[1:]] + [next_start_ms]
    for word, (start, end), following in zip(
        sentence.text.split(), sentence.words, starts, strict=True
    ):
        bare = re.sub(r"[.,]$", "", word)
        word_ids = encode_word(bare)
        count = len(word_ids)
        edges = [start + (end - start) * part // count for part in range(count + 1)]
        ids += word_ids
        spans += pairwise(edges)
        if bare != word:
            ids += encode_word(word)[count:]
            spans.append((end, max(following, end + 60)))
    return TokenizedSentence(tuple(ids), tuple(spans))

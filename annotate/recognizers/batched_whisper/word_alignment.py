"""Word times by cross-attention: a batch's texts run through the decoder once more.

The method is openai-whisper's (`whisper.timing`): scores of the alignment heads, normalized over
the tokens and smoothed by a median filter, then dynamic time warping (DTW). openai-whisper aligns
one text at a time; here the decoder runs over a batch, and DTW runs on other threads while the
device continues.
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import signature
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from whisper import timing

from annotate.recognizers.batched_whisper.cross_attention import CrossAttention
from annotate.recognizers.batched_whisper.network import Network
from annotate.recognizers.batched_whisper.timestamp_segments import FRAME_MS

_SIGNS = signature(timing.add_word_timestamps).parameters
PREPENDED: str = _SIGNS["prepend_punctuations"].default
APPENDED: str = _SIGNS["append_punctuations"].default
"""Punctuation that belongs to the word after it, and to the word before it."""
_MEDIAN_WIDTH = 7
_LENGTH_STEP = 32
_ROWS_AT_ONCE = {"cpu": 4, "cuda": 16}


@dataclass(frozen=True, slots=True)
class AlignedWord:
    """A word, its number of tokens, and its times on the window's clock."""

    text: str
    tokens: int
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True)
class AttentionScores:
    """The matrix that DTW finds a path through.

    Attributes:
        scores: Normalized attention; shape (tokens + 1, frames). The last row is `<|endoftext|>`.
    """

    tokens: tuple[int, ...]
    scores: NDArray[np.float64]


class CrossAttentionAligner:
    """Computes the alignment heads' attention for batches of texts.

    Rows are padded to a multiple of `_LENGTH_STEP` tokens and batched with rows of the same length,
    so that a row's numbers don't depend on the other rows.
    """

    def __init__(self, network: Network, eot: int):
        self._network, self._eot = network, eot

    def scores(
        self,
        texts: Sequence[tuple[int, ...]],
        starts: Sequence[tuple[int, ...]],
        frames: Sequence[int],
        cross: Sequence[CrossAttention],
    ) -> list[AttentionScores | None]:
        """The attention scores of each row's text.

        Args:
            texts: Tokens of each row, without timestamps; an empty one gives None.
            starts: The prompt of each text, all of one length.
            frames: How many of the 1,500 frames each row's window fills.
            cross: From `Network.encode`.
        """
        scores: list[AttentionScores | None] = [None] * len(texts)
        by_length: defaultdict[int, list[int]] = defaultdict(list)
        for row, text in enumerate(texts):
            if text:
                length = len(starts[row]) + len(text) + 1
                by_length[-(-length // _LENGTH_STEP) * _LENGTH_STEP].append(row)
        at_once = _ROWS_AT_ONCE[self._network.device.type]
        for length, members in by_length.items():
            for first in range(0, len(members), at_once):
                rows = members[first : first + at_once]
                batch = self._batch(rows, length, texts, starts, frames, cross)
                for row, one in zip(rows, batch, strict=True):
                    scores[row] = one
        return scores

    def _batch(
        self,
        rows: list[int],
        length: int,
        texts: Sequence[tuple[int, ...]],
        starts: Sequence[tuple[int, ...]],
        frames: Sequence[int],
        cross: Sequence[CrossAttention],
    ) -> list[AttentionScores]:
        network = self._network
        begin = len(starts[rows[0]])
        sequences = [[*starts[row], *texts[row], self._eot] for row in rows]
        padded = [tokens + [self._eot] * (length - len(tokens)) for tokens in sequences]
        tokens = torch.tensor(padded, device=network.device)
        index = torch.tensor(rows, device=network.device)
        selected = [layer.select(index) for layer in cross]
        attention = network.alignment_scores(tokens, selected)
        scores = []
        for at, row in enumerate(rows):
            heads = attention[at, :, : len(sequences[at]), : frames[row]]
            matrix = _normalized(heads)[begin - 1 : begin + len(texts[row])]
            scores.append(AttentionScores(texts[row], matrix.double().cpu().numpy()))
        return scores


def _normalized(scores: Tensor) -> Tensor:
    """The heads' scores, shape (heads, tokens, frames), as one of shape (tokens, frames)."""
    # On a CPU one head at a time, so that its numbers stay in the processor's cache.
    at_once = 1 if scores.device.type == "cpu" else len(scores)
    return torch.cat([_normalized_heads(heads) for heads in torch.split(scores, at_once)]).mean(0)


def _normalized_heads(scores: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    deviation, mean = torch.std_mean(weights, -2, keepdim=True, correction=0)
    return _smoothed((weights - mean) / deviation)


def _smoothed(weights: Tensor) -> Tensor:
    """The median of seven frames around each, reflected at the edges.

    Sixteen compare-exchanges sort seven numbers. Half of each isn't needed for the median alone,
    but sorting along an axis of the tensor takes many times as long.
    """
    half = _MEDIAN_WIDTH // 2
    count = weights.shape[-1]
    if count <= half:
        return weights
    padded = functional.pad(weights, (half, half), mode="reflect")
    shifted = [padded[..., shift : shift + count] for shift in range(_MEDIAN_WIDTH)]
    for low, high in _EXCHANGES:
        shifted[low], shifted[high] = (
            torch.minimum(shifted[low], shifted[high]),
            torch.maximum(shifted[low], shifted[high]),
        )
    return shifted[half]


_EXCHANGES = (
    (0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5),
    (3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6),
)  # fmt: skip
"""A sorting network for seven numbers (Knuth, The Art of Computer Programming, 5.3.4)."""


@lru_cache(maxsize=1)
def _dtw() -> Any:
    """openai-whisper's own DTW, compiled to release the GIL."""
    return numba.njit(nogil=True)(timing.dtw_cpu.py_func)


def words(
    attention: AttentionScores, logprobs: Sequence[float], tokenizer: Any
) -> list[AlignedWord]:
    """The words of a text with their times; words without text are left out.

    Args:
        logprobs: Of each token; a word has the mean of their probabilities.
        tokenizer: Of the language that was spoken: it splits tokens into words.
    """
    texts, parts = _split(attention.tokens, tokenizer)
    if len(parts) <= 1:
        return []
    rows, frames = _dtw()(-attention.scores)
    jumps = np.pad(np.diff(rows), (1, 0), constant_values=1).astype(bool)
    times = frames[jumps]
    probabilities = np.exp(logprobs)
    edges = np.cumsum([0, *(len(part) for part in parts[:-1])])
    alignment = [
        timing.WordTiming(
            text,
            part,
            float(times[first]),
            float(times[last]),
            float(probabilities[first:last].mean()),
        )
        for text, part, first, last in zip(texts, parts, edges[:-1], edges[1:], strict=False)
    ]
    timing.merge_punctuations(alignment, PREPENDED, APPENDED)
    return [
        AlignedWord(word.word, len(word.tokens), _ms(word.start), _ms(word.end), word.probability)
        for word in alignment
        if word.tokens
    ]


def _split(tokens: Sequence[int], tokenizer: Any) -> tuple[list[str], list[list[int]]]:
    """The tokens by word, and `<|endoftext|>` last, as openai-whisper splits them.

    Where a token of a character is missing, openai-whisper's own split drops the text after it. In
    such a text, tokens are grouped by character with an incremental decoder instead.
    """
    ended = [*tokens, tokenizer.eot]
    texts, parts = tokenizer.split_to_word_tokens(ended)
    if "".join(texts) != tokenizer.decode(ended):
        splitter = copy(tokenizer)
        splitter.split_tokens_on_unicode = partial(_split_at_characters, tokenizer)
        texts, parts = splitter.split_to_word_tokens(ended)
    return texts, parts


def _split_at_characters(
    tokenizer: Any, tokens: Sequence[int]
) -> tuple[list[str], list[list[int]]]:
    """The shortest groups of tokens that end with a character, complete or damaged."""
    texts, parts = [""], [list[int]()]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for token in tokens:
        data = tokenizer.encoding.decode_single_token_bytes(token)
        if data[0] & 0xC0 != 0x80:  # no continuation byte: the character before it is over
            texts[-1] += decoder.decode(b"", final=True)
        pending, _ = decoder.getstate()
        if not pending and parts[-1]:
            texts.append("")
            parts.append([])
        texts[-1] += decoder.decode(data)
        parts[-1].append(token)
    return texts, parts


def _ms(frame: float) -> int:
    return round(frame * FRAME_MS)

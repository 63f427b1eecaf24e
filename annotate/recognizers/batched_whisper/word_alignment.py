"""When each word of a window was said: a batch read once more, watching where it attends.

The method is openai-whisper's (`whisper.timing`): the scores of the heads that follow the sound,
normalized over the tokens and smoothed by a median, then the cheapest monotone path through them
(dynamic time warping). There it is one text at a time; here the reading is batched, and the paths
are found on other threads while the device goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from whisper import timing

from annotate.recognizers.batched_whisper.network import KeyValue, Network
from annotate.recognizers.batched_whisper.timestamp_segments import FRAME_MS

_SIGNS = signature(timing.add_word_timestamps).parameters
PREPENDED: str = _SIGNS["prepend_punctuations"].default
APPENDED: str = _SIGNS["append_punctuations"].default
"""Signs that belong to the word after them, and to the word before."""
_SMOOTHED_OVER = 7
_LENGTHS = 32
_ROWS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word with the tokens that make it, on its window's clock."""

    text: str
    tokens: int
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True)
class Watched:
    """What a path is found through.

    Attributes:
        scores: Higher where a token attends; shape (tokens + 1, frames). The last row is the end.
    """

    tokens: tuple[int, ...]
    scores: NDArray[np.float64]


class Watcher:
    """Reads texts over again in batches.

    Rows are filled up to a multiple of `_LENGTHS` tokens and go with those of the same length, so
    that a row's numbers don't depend on its company.
    """

    def __init__(self, network: Network, end: int):
        self._network, self._end = network, end

    def watch(
        self,
        texts: Sequence[tuple[int, ...]],
        starts: Sequence[tuple[int, ...]],
        frames: Sequence[int],
        heard: list[KeyValue],
    ) -> list[Watched | None]:
        """Read each row's text and watch the heads.

        Args:
            texts: Tokens of each row, without timestamps; an empty one gives None.
            starts: What each text is read after, all of one length.
            frames: How many of the 1,500 frames each row's window fills.
            heard: As `Network.listen` gives it.
        """
        found: list[Watched | None] = [None] * len(texts)
        alike: defaultdict[int, list[int]] = defaultdict(list)
        for row, text in enumerate(texts):
            if text:
                length = len(starts[row]) + len(text) + 1
                alike[-(-length // _LENGTHS) * _LENGTHS].append(row)
        for length, members in alike.items():
            for first in range(0, len(members), _ROWS_AT_ONCE):
                rows = members[first : first + _ROWS_AT_ONCE]
                for row, watched in zip(
                    rows, self._read(rows, length, texts, starts, frames, heard), strict=True
                ):
                    found[row] = watched
        return found

    def _read(
        self,
        rows: list[int],
        length: int,
        texts: Sequence[tuple[int, ...]],
        starts: Sequence[tuple[int, ...]],
        frames: Sequence[int],
        heard: list[KeyValue],
    ) -> list[Watched]:
        network = self._network
        begin = len(starts[rows[0]])
        lines = [[*starts[row], *texts[row], self._end] for row in rows]
        filled = [line + [self._end] * (length - len(line)) for line in lines]
        tokens = torch.tensor(filled, device=network.device)
        place = torch.tensor(rows, device=network.device)
        mine = [KeyValue(*(kept[place] for kept in pair)) for pair in heard]
        together = network.watch(tokens, mine)
        found = []
        for index, row in enumerate(rows):
            seen = together[index, :, : len(lines[index]), : frames[row]]
            path = _normalized(seen)[begin - 1 : begin + len(texts[row])]
            found.append(Watched(texts[row], path.double().cpu().numpy()))
        return found


def _normalized(scores: Tensor) -> Tensor:
    """The heads' scores, shape (heads, tokens, frames), as one of shape (tokens, frames)."""
    weights = scores.softmax(-1)
    deviation, mean = torch.std_mean(weights, -2, keepdim=True, correction=0)
    return _smoothed((weights - mean) / deviation).mean(0)


def _smoothed(weights: Tensor) -> Tensor:
    """The median of seven frames around each, reflected at the edges.

    Sixteen exchanges sort seven numbers; half of each exchange is not needed for the middle one
    alone, but sorting along an axis of the tensor takes many times as long.
    """
    half = _SMOOTHED_OVER // 2
    count = weights.shape[-1]
    if count <= half:
        return weights
    padded = functional.pad(weights, (half, half), mode="reflect")
    near = [padded[..., shift : shift + count] for shift in range(_SMOOTHED_OVER)]
    for low, high in _EXCHANGES:
        near[low], near[high] = (
            torch.minimum(near[low], near[high]),
            torch.maximum(near[low], near[high]),
        )
    return near[half]


_EXCHANGES = (
    (0, 6), (2, 3), (4, 5), (0, 2), (1, 4), (3, 6), (0, 1), (2, 5),
    (3, 4), (1, 2), (4, 6), (2, 3), (4, 5), (1, 2), (3, 4), (5, 6),
)  # fmt: skip
"""A sorting network for seven numbers (Knuth, The Art of Computer Programming, 5.3.4)."""


@lru_cache(maxsize=1)
def _path_finder() -> Any:
    """openai-whisper's own search, compiled so that other threads can run beside it."""
    return numba.njit(nogil=True)(timing.dtw_cpu.py_func)


def words(watched: Watched, logprobs: Sequence[float], tokenizer: Any) -> list[Spoken]:
    """The words of a text and when each was said; words without text are left out.

    Args:
        logprobs: How sure of each token; a word has their mean probability.
        tokenizer: Of the language that was spoken: it decides where words end.
    """
    texts, parts = tokenizer.split_to_word_tokens([*watched.tokens, tokenizer.eot])
    if parts and tokenizer.eot not in parts[-1]:
        parts.append([tokenizer.eot])  # a text that ends within a letter swallows its end
    if len(parts) <= 1:
        return []
    rows, frames = _path_finder()(-watched.scores)
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
        Spoken(
            word.word,
            len(word.tokens),
            round(word.start * FRAME_MS),
            round(word.end * FRAME_MS),
            word.probability,
        )
        for word in alignment
        if word.tokens
    ]

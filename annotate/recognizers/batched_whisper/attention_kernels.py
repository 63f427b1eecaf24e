"""Attention with one or a few queries a row, compiled for the CPU.

A decoder step is limited by reading keys and values. These kernels read each number once, as it is
stored, and add in float32. torch's batched products first make numbers of integers, and start one
call of the matrix library for every row and head.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor


def attention(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    *,
    index: Tensor,
    positions: int,
    scales: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Softmax attention over the first positions, with the heads side by side.

    Args:
        query: Scaled; float32 of shape (rows, heads, tokens, width of a head).
        keys: float32 or integers; contiguous, shape (any rows, heads, any positions, width).
        values: Like the keys.
        index: Which row of the keys and values each row reads.
        positions: How many positions there are to attend to.
        scales: What integers are multiplied by, of the keys and of the values; each of shape (any
            rows, heads, positions).

    Returns:
        Shape (rows, tokens, heads, width of a head).
    """
    rows, heads, tokens, width = query.shape
    weights = torch.empty(rows, heads, tokens, positions)
    attended = torch.empty(rows, tokens, heads, width)
    scores, weighted_sums = _scores(width), _weighted_sums(width)
    at_rows = index.numpy()
    scores(query.contiguous().numpy(), keys.numpy(), at_rows, weights.numpy())
    if scales is not None:
        weights *= scales[0][index][:, :, None]
    torch.softmax(weights, -1, out=weights)
    if scales is not None:
        weights *= scales[1][index][:, :, None]
    weighted_sums(weights.numpy(), values.numpy(), at_rows, attended.numpy())
    return attended


def compile_kernels(width: int) -> None:
    """Compile the kernels for a width of heads, so that no batch waits for it."""
    query, index = torch.zeros(1, 1, 1, width), torch.zeros(1, dtype=torch.int64)
    for dtype in (torch.int8, torch.float32):
        numbers = torch.zeros(1, 1, 1, width, dtype=dtype)
        attention(query, numbers, numbers, index=index, positions=1)


_compiled = numba.njit(nogil=True, fastmath=True, error_model="numpy")
"""The order of additions is free, which vectorizes them; it is the same for every row."""


@lru_cache(maxsize=4)
def _scores(width: int) -> Any:
    """Scores, compiled for a width of heads: if the compiler knows it, they take half the time."""

    @_compiled
    def scores(query: Any, keys: Any, index: Any, out: Any) -> None:
        for row in range(out.shape[0]):
            for head in range(out.shape[1]):
                at_positions = keys[index[row], head]
                for token in range(out.shape[2]):
                    one, into = query[row, head, token], out[row, head, token]
                    for position in range(out.shape[3]):
                        total = np.float32(0)
                        for at in range(width):
                            total += one[at] * np.float32(at_positions[position, at])
                        into[position] = total

    return scores


@lru_cache(maxsize=4)
def _weighted_sums(width: int) -> Any:
    """Sums of values by their weights, compiled for a width of heads."""

    @_compiled
    def weighted_sums(weights: Any, values: Any, index: Any, out: Any) -> None:
        total = np.empty(width, np.float32)
        count = weights.shape[3]
        for row in range(weights.shape[0]):
            for head in range(weights.shape[1]):
                one = values[index[row], head]
                for token in range(weights.shape[2]):
                    total[:] = 0
                    share = weights[row, head, token]
                    for first in range(0, count - 3, 4):  # four at a time: fewer loads of `total`
                        for at in range(width):
                            total[at] += (
                                share[first] * np.float32(one[first, at])
                                + share[first + 1] * np.float32(one[first + 1, at])
                                + share[first + 2] * np.float32(one[first + 2, at])
                                + share[first + 3] * np.float32(one[first + 3, at])
                            )
                    for position in range(count - count % 4, count):
                        for at in range(width):
                            total[at] += share[position] * np.float32(one[position, at])
                    out[row, token, head] = total

    return weighted_sums

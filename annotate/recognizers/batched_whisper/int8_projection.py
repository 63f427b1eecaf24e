"""Logits from a vocabulary of 8-bit integers, on a CPU.

The vocabulary is Whisper's largest matrix, and every decoder step reads it. As integers it is a
quarter of the size; the kernel converts each number once for eight rows, and adds in float32.
Hidden states aren't rounded: a few of their channels are too large for that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor

_STEPS = 127
_ROWS = 8


class Int8Projection:
    """The product of hidden states and the transposed vocabulary.

    Args:
        vocabulary: Shape (tokens, width); rounded with one scale for each token.
    """

    def __init__(self, vocabulary: Tensor):
        numbers = vocabulary.detach().float()
        scales = numbers.abs().amax(1).clamp(min=1e-30) / _STEPS
        self._scales = scales.numpy()
        self._integers = (numbers / scales[:, None]).round_().to(torch.int8).numpy()
        self._kernel = _projection(numbers.shape[1])
        self(torch.zeros(_ROWS, numbers.shape[1]))  # compiled now, so that no batch waits for it

    def __call__(self, hidden: Tensor) -> Tensor:
        """The logits; shape (rows, tokens).

        Args:
            hidden: float32 of shape (rows, width), for a multiple of eight rows.
        """
        logits = torch.empty(len(hidden), len(self._integers))
        self._kernel(hidden.contiguous().numpy(), self._integers, self._scales, logits.numpy())
        return logits


@lru_cache(maxsize=4)
def _projection(width: int) -> Any:
    """The kernel, compiled for a width: if the compiler knows it, it vectorizes the sums."""

    @numba.njit(nogil=True, fastmath=True, error_model="numpy")
    def projection(hidden: Any, integers: Any, scales: Any, out: Any) -> None:
        zero = np.float32(0)
        for row in range(0, len(hidden), _ROWS):
            h0, h1, h2, h3 = hidden[row], hidden[row + 1], hidden[row + 2], hidden[row + 3]
            h4, h5, h6, h7 = hidden[row + 4], hidden[row + 5], hidden[row + 6], hidden[row + 7]
            for token in range(len(integers)):
                s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = zero  # one register each
                numbers = integers[token]
                for at in range(width):
                    number = np.float32(numbers[at])
                    s0 += number * h0[at]
                    s1 += number * h1[at]
                    s2 += number * h2[at]
                    s3 += number * h3[at]
                    s4 += number * h4[at]
                    s5 += number * h5[at]
                    s6 += number * h6[at]
                    s7 += number * h7[at]
                sums = (s0, s1, s2, s3, s4, s5, s6, s7)
                for at in range(_ROWS):
                    out[row + at, token] = sums[at] * scales[token]

    return projection

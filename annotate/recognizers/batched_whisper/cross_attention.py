"""Cross-attention over the encoder's features, whose keys and values are computed once a window.

Decoding is limited by reading them: for each token, every layer reads the keys and values of all
1,500 positions, which no other row shares. `FullPrecision` has them as they are. `Quantized` has
8-bit integers with a scale for each head and position, a quarter of the size of float32. Its
kernels read each number once, add in float32, and read rows through an index, so that nothing is
copied when rows are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

import torch
from torch import Tensor

from annotate.recognizers.batched_whisper.attention_kernels import attention

_LARGEST = 127
_FEW_TOKENS = 8
"""Up to so many tokens a row, the kernels read the integers; for more, matrix products are faster,
and the conversion of the integers is paid once."""


class CrossAttention(Protocol):
    """Keys and values of one layer for the rows of a batch."""

    def store(self, row: int, keys: Tensor, values: Tensor) -> None:
        """Set those of consecutive rows.

        Args:
            row: The first of the rows.
            keys: Shape (rows, heads, positions, width of a head).
        """

    def attend(self, query: Tensor) -> Tensor:
        """Attention with the heads concatenated.

        Args:
            query: Shape (rows, heads, tokens, width of a head).

        Returns:
            Shape (rows, tokens, width).
        """

    def scores(self, query: Tensor, heads: Sequence[int]) -> Tensor:
        """Scores of some heads before the softmax; shape (rows, heads, tokens, positions)."""

    def select(self, rows: Tensor | slice) -> Self:
        """These rows only, in this order."""


class FullPrecision(NamedTuple):
    """Keys and values in the network's number format; each (rows, heads, positions, width)."""

    keys: Tensor
    values: Tensor

    def store(self, row: int, keys: Tensor, values: Tensor) -> None:
        """Set those of consecutive rows."""
        self.keys[row : row + len(keys)] = keys
        self.values[row : row + len(values)] = values

    def attend(self, query: Tensor) -> Tensor:
        """Attention with the heads concatenated."""
        return attend(query, self.keys, self.values)

    def scores(self, query: Tensor, heads: Sequence[int]) -> Tensor:
        """Scores of some heads before the softmax."""
        chosen = list(heads)
        return score(query[:, chosen], self.keys[:, chosen])

    def select(self, rows: Tensor | slice) -> Self:
        """These rows only, in this order; copied unless a slice is given."""
        return type(self)(self.keys[rows], self.values[rows])


class _Integers(NamedTuple):
    """Numbers as integers; `scales` of shape (rows, heads, positions) makes numbers of them."""

    integers: Tensor
    scales: Tensor

    def store(self, row: int, numbers: Tensor) -> None:
        numbers = numbers.float()
        scales = numbers.abs().amax(-1).clamp(min=1e-30) / _LARGEST
        scaled = numbers / scales[..., None]
        self.integers[row : row + len(numbers)] = scaled.round_()
        self.scales[row : row + len(numbers)] = scales

    def numbers(self, row: int, dtype: torch.dtype) -> Tensor:
        """Of one row; shape (1, heads, positions, width)."""
        scaled = self.integers[row].float() * self.scales[row][..., None]
        return scaled.to(dtype)[None]


class Quantized:
    """Keys and values on a CPU as 8-bit integers.

    Args:
        index: The row of the integers for each row of the batch.
    """

    def __init__(self, keys: _Integers, values: _Integers, index: Tensor):
        self._keys, self._values, self._index = keys, values, index

    def store(self, row: int, keys: Tensor, values: Tensor) -> None:
        """Set those of consecutive rows."""
        self._keys.store(row, keys)
        self._values.store(row, values)

    def attend(self, query: Tensor) -> Tensor:
        """Attention with the heads concatenated, in float32 for few tokens a row."""
        if query.shape[2] > _FEW_TOKENS:
            parts = [
                attend(
                    query[at : at + 1],
                    self._keys.numbers(row, query.dtype),
                    self._values.numbers(row, query.dtype),
                )
                for at, row in enumerate(self._index.tolist())
            ]
            return torch.cat(parts)
        attended = attention(
            query.float() * query.shape[-1] ** -0.5,
            self._keys.integers,
            self._values.integers,
            index=self._index,
            positions=self._keys.integers.shape[2],
            scales=(self._keys.scales, self._values.scales),
        )
        return attended.flatten(2)

    def scores(self, query: Tensor, heads: Sequence[int]) -> Tensor:
        """Scores of some heads before the softmax, in float32."""
        chosen = list(heads)
        return torch.cat(
            [
                score(
                    query[at : at + 1, chosen].float(),
                    self._keys.numbers(row, torch.float32)[:, chosen],
                )
                for at, row in enumerate(self._index.tolist())
            ]
        )

    def select(self, rows: Tensor | slice) -> Self:
        """These rows only, in this order; nothing is copied."""
        return type(self)(self._keys, self._values, self._index[rows])


def for_layers(
    layers: int,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    device: torch.device,
    *,
    quantized: bool,
) -> list[CrossAttention]:
    """Zeros for each layer, to be filled by `store`.

    One tensor for all layers: the C library returns such a large one to the system when it is
    freed, and keeps smaller ones.

    Args:
        shape: Rows, heads, positions, and width of a head.
        dtype: The network's number format.
        quantized: Whether to keep 8-bit integers.
    """
    if not quantized:
        numbers = torch.zeros((layers, 2, *shape), dtype=dtype, device=device)
        return [FullPrecision(keys, values) for keys, values in numbers]
    integers = torch.zeros((layers, 2, *shape), dtype=torch.int8)
    scales = torch.zeros(layers, 2, *shape[:3])
    index = torch.arange(shape[0])
    return [
        Quantized(_Integers(keys, key_scales), _Integers(values, value_scales), index)
        for (keys, values), (key_scales, value_scales) in zip(integers, scales, strict=True)
    ]


def attend(query: Tensor, keys: Tensor, values: Tensor, at: int | None = None) -> Tensor:
    """Attention with the heads concatenated; with `at`, causal from that position on.

    Plain matrix products: for one query a row they are faster than the fused kernel, and they add
    in the same order for any number of rows.
    """
    scores = score(query, keys)
    count = query.shape[2]
    if at is not None and count > 1:
        hidden = torch.ones(count, keys.shape[2], dtype=torch.bool, device=query.device)
        scores = scores.masked_fill(hidden.triu(at + 1), -torch.inf)
    attended = scores.float().softmax(-1).to(values.dtype) @ values
    return attended.transpose(1, 2).flatten(2)


def score(query: Tensor, keys: Tensor) -> Tensor:
    """Scaled dot products of queries and keys."""
    scaled: Tensor = query * query.shape[-1] ** -0.5
    return scaled @ keys.transpose(-1, -2)

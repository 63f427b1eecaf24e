"""Whisper's weights as calls over a batch: encode windows, compute cross-attention, decode tokens.

The encoder is openai-whisper's own. The decoder uses the same weights, but writes its key-value
cache into tensors of a fixed size, for rows that decode in step: openai-whisper's hooks copy their
cache for every token.

On a CPU a row's numbers are bit-identical whichever rows share its batch: matrix products are taken
of a multiple of `ROWS` rows, where the kernels add in one order, and windows are encoded one by
one. On a GPU the last digits may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from annotate.recognizers.loading import known_languages

ROWS = 8
"""Batches are padded to a multiple of this many rows."""
_ENCODED_AT_ONCE = {"cpu": 1, "cuda": 32}


class KeyValue(NamedTuple):
    """A layer's keys and values; each of shape (rows, heads, positions, width of a head)."""

    keys: Tensor
    values: Tensor


class Network:
    """A Whisper network on its device.

    Args:
        whisper: A `whisper.model.Whisper`; on a GPU its weights are cast to half precision.
    """

    def __init__(self, whisper: Any):
        self.device: torch.device = whisper.device
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32
        self.dims = whisper.dims
        self.multilingual: bool = whisper.is_multilingual
        self.languages = known_languages(whisper)
        # An English-only vocabulary, too, has a token for each of them.
        self.language_tokens: int = whisper.num_languages
        self.alignment_heads = _by_layer(whisper.alignment_heads, self.dims.n_text_layer)
        for module in whisper.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.Embedding):
                module.to(self.dtype)  # norms stay in full precision, as openai-whisper has them
        self._encoder = whisper.encoder
        self._decoder = whisper.decoder
        self._heads: int = self.dims.n_text_head
        self._token_embedding: Tensor = self._decoder.token_embedding.weight

    @property
    def bytes_per_row(self) -> int:
        """Memory of a window while it is decoded, most of it for cross-attention, in bytes."""
        dims = self.dims
        positions = dims.n_audio_ctx + dims.n_text_ctx
        size = torch.finfo(self.dtype).bits // 8
        return int(2 * dims.n_text_layer * positions * dims.n_text_state * size)

    def encode(self, mel: Tensor) -> Tensor:
        """Log-mel frames of shape (rows, mels, 3000) as features of shape (rows, 1500, width)."""
        parts = torch.split(mel.to(self.dtype), _ENCODED_AT_ONCE[self.device.type])
        return torch.cat([self._encoder(part) for part in parts])

    def cross_attention(self, features: Tensor) -> list[KeyValue]:
        """Keys and values of every layer's cross-attention, computed once a window."""
        return [
            KeyValue(
                self._split(block.cross_attn.key(features)).contiguous(),
                self._split(block.cross_attn.value(features)).contiguous(),
            )
            for block in self._decoder.blocks
        ]

    def kv_cache(self, rows: int, positions: int) -> list[KeyValue]:
        """An empty key-value cache for self-attention; `decoder_step` fills it."""
        width = self.dims.n_text_state // self._heads
        shape = (rows, self._heads, positions, width)
        return [
            KeyValue(
                torch.zeros(shape, dtype=self.dtype, device=self.device),
                torch.zeros(shape, dtype=self.dtype, device=self.device),
            )
            for _ in range(self.dims.n_text_layer)
        ]

    def decoder_step(
        self, tokens: Tensor, at: int, kv_cache: Sequence[KeyValue], cross_kv: Sequence[KeyValue]
    ) -> Tensor:
        """Run the decoder over the next tokens of every row.

        Args:
            tokens: Shape (rows, tokens).
            at: How many tokens the cache contains, the same for all rows.

        Returns:
            Hidden states of the last layer; shape (rows, tokens, width).
        """
        x = self._embedded(tokens, at)
        for block, cache, cross in zip(self._decoder.blocks, kv_cache, cross_kv, strict=True):
            x = self._self_attention(block, x, at, cache)
            query = self._split(block.cross_attn.query(block.cross_attn_ln(x)))
            x = x + block.cross_attn.out(_attend(query, *cross))
            x = x + block.mlp(block.mlp_ln(x))
        return torch.as_tensor(self._decoder.ln(x))

    def alignment_scores(self, tokens: Tensor, cross_kv: Sequence[KeyValue]) -> Tensor:
        """Run the decoder over whole texts, up to the last layer with an alignment head.

        Returns:
            Attention scores of the alignment heads; shape (rows, heads, tokens, 1500).
        """
        x, kv_cache = self._embedded(tokens, 0), self.kv_cache(*tokens.shape)
        scores: list[Tensor] = []
        last = max(index for index, heads in enumerate(self.alignment_heads) if heads)
        for index, block in enumerate(self._decoder.blocks):
            x = self._self_attention(block, x, 0, kv_cache[index])
            query = self._split(block.cross_attn.query(block.cross_attn_ln(x)))
            if heads := self.alignment_heads[index]:
                scores.append(_score(query[:, heads], cross_kv[index].keys[:, heads]).float())
            if index == last:
                break
            x = x + block.cross_attn.out(_attend(query, *cross_kv[index]))
            x = x + block.mlp(block.mlp_ln(x))
        return torch.cat(scores, 1)

    def _embedded(self, tokens: Tensor, at: int) -> Tensor:
        positions = self._decoder.positional_embedding[at : at + tokens.shape[1]]
        return torch.as_tensor(self._decoder.token_embedding(tokens) + positions).to(self.dtype)

    def _self_attention(self, block: Any, x: Tensor, at: int, kv_cache: KeyValue) -> Tensor:
        """Self-attention over the cache, after adding the tokens to it."""
        normed, (keys, values), end = block.attn_ln(x), kv_cache, at + x.shape[1]
        keys[:, :, at:end] = self._split(block.attn.key(normed))
        values[:, :, at:end] = self._split(block.attn.value(normed))
        query = self._split(block.attn.query(normed))
        attended = _attend(query, keys[:, :, :end], values[:, :, :end], at)
        return torch.as_tensor(x + block.attn.out(attended))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the next token in full precision; the last axis is the vocabulary."""
        return functional.linear(hidden, self._token_embedding).float()

    def _split(self, x: Tensor) -> Tensor:
        """(rows, tokens, width) as (rows, heads, tokens, width of a head)."""
        return x.view(*x.shape[:2], self._heads, -1).transpose(1, 2)


def _attend(query: Tensor, keys: Tensor, values: Tensor, at: int | None = None) -> Tensor:
    """Attention with the heads concatenated; with `at`, causal from that position on.

    Plain matrix products: for one query a row they are faster than the fused kernel, and they add
    in the same order for any number of rows.
    """
    scores = _score(query, keys)
    count = query.shape[2]
    if at is not None and count > 1:
        hidden = torch.ones(count, keys.shape[2], dtype=torch.bool, device=query.device)
        scores = scores.masked_fill(hidden.triu(at + 1), -torch.inf)
    attended = scores.float().softmax(-1).to(values.dtype) @ values
    return attended.transpose(1, 2).flatten(2)


def _score(query: Tensor, keys: Tensor) -> Tensor:
    scaled: Tensor = query * query.shape[-1] ** -0.5
    return scaled @ keys.transpose(-1, -2)


def _by_layer(heads: Tensor, layers: int) -> list[list[int]]:
    """The alignment heads of each layer, from openai-whisper's sparse mask."""
    pairs = heads.indices().T.tolist()
    return [[head for layer, head in pairs if layer == index] for index in range(layers)]

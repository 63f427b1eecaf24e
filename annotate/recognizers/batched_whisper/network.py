"""Whisper's weights as calls over a batch: encode windows, decode tokens, align texts.

The encoder is openai-whisper's own, but for bfloat16 on a CPU. The decoder uses the same weights,
but writes its key-value cache into tensors of a fixed size, for rows that decode in step:
openai-whisper's hooks copy their cache for every token.

On a CPU a row's numbers are bit-identical whichever rows share its batch: matrix products are taken
of a multiple of `ROWS` rows, where the kernels add in one order, and windows are encoded one by
one. On a GPU the last digits may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from annotate.recognizers.batched_whisper import encoder
from annotate.recognizers.batched_whisper.attention_kernels import attention, compile_kernels
from annotate.recognizers.batched_whisper.cross_attention import (
    CrossAttention,
    attend,
    for_layers,
)
from annotate.recognizers.batched_whisper.int8_linear import as_int8, quantize
from annotate.recognizers.batched_whisper.int8_projection import Int8Projection
from annotate.recognizers.batched_whisper.packed_linear import PackedLinear, pack
from annotate.recognizers.loading import known_languages

ROWS = 8
"""Batches are padded to a multiple of this many rows."""
_ENCODED_AT_ONCE = {"cpu": 1, "cuda": 32}
_TIMESTAMPS = 1_501
"""Tokens at the end of the vocabulary: 0.00 to 30.00 seconds."""
_LOGITS_AT_ONCE = 4
"""Copies of a row's logits while the next token is chosen."""
_CLOSE = 1.0
"""Logits this close to the highest are computed again in float32. Whisper base's are off by up to
0.15 in bfloat16, and by up to 0.26 with a vocabulary of 8-bit integers."""


Projection = Callable[[Tensor], Tensor]
"""Hidden states, shape (rows, width), to logits of the vocabulary."""


class KeyValue(NamedTuple):
    """A layer's keys and values; each of shape (rows, heads, positions, width of a head)."""

    keys: Tensor
    values: Tensor


class Network:
    """A Whisper network on its device.

    Args:
        whisper: A `whisper.model.Whisper`; its linear weights are converted to the number format.
        dtype: The number format of matrix products; None takes openai-whisper's, float32 on a CPU
            and float16 on a GPU. Norms stay in float32, as openai-whisper has them; in bfloat16 on
            a CPU, sums of residuals do, too. int8 is for the encoder, but its first block, and the
            vocabulary; the rest of the decoder is in float32 then.
    """

    def __init__(self, whisper: Any, dtype: torch.dtype | None = None):
        self.device: torch.device = whisper.device
        dtype = dtype or (torch.float16 if self.device.type == "cuda" else torch.float32)
        self.dtype = torch.float32 if dtype == torch.int8 else dtype
        self.dims = whisper.dims
        self.multilingual: bool = whisper.is_multilingual
        self.languages = known_languages(whisper)
        # An English-only vocabulary, too, has a token for each of them.
        self.language_tokens: int = whisper.num_languages
        self.alignment_heads = _by_layer(whisper.alignment_heads, self.dims.n_text_layer)
        self._quantized = self.device.type == "cpu" and dtype != torch.float32
        self._residual = torch.float32 if self._quantized else dtype
        if self._quantized:
            compile_kernels(self.dims.n_text_state // self.dims.n_text_head)
            self._projection = _quantize(whisper) if dtype == torch.int8 else _pack(whisper, dtype)
        else:
            for module in whisper.modules():
                if isinstance(module, nn.Linear | nn.Conv1d | nn.Embedding):
                    module.to(dtype)
        self._encoder = whisper.encoder
        self._decoder = whisper.decoder
        self._heads: int = self.dims.n_text_head
        self._token_embedding: Tensor = self._decoder.token_embedding.weight

    def bytes_per_row(self, positions: int) -> int:
        """Memory of a window while it is decoded, most of it for cross-attention, in bytes.

        Args:
            positions: Of the key-value cache.
        """
        dims = self.dims
        size = 1 if self._quantized else torch.finfo(self.dtype).bits // 8
        cached = positions * torch.finfo(self._residual).bits // 8
        layers = 2 * dims.n_text_layer * dims.n_text_state * (dims.n_audio_ctx * size + cached)
        return int(layers + 4 * dims.n_vocab * _LOGITS_AT_ONCE)

    def encode(self, mel: Tensor, rows: int) -> list[CrossAttention]:
        """Encode windows and compute every layer's cross-attention, once a window.

        Args:
            mel: Log-mel frames; shape (windows, mels, 3000).
            rows: At least the number of windows; the rows after these are zeros.
        """
        width = self.dims.n_text_state // self._heads
        shape = (rows, self._heads, self.dims.n_audio_ctx, width)
        cross = for_layers(
            self.dims.n_text_layer, shape, self.dtype, self.device, quantized=self._quantized
        )
        row = 0
        for part in torch.split(mel, _ENCODED_AT_ONCE[self.device.type]):
            if self.dtype == torch.bfloat16 and self._quantized:
                features = encoder.encode(self._encoder, part)
            else:
                features = self._encoder(part.to(self.dtype))
            for block, layer in zip(self._decoder.blocks, cross, strict=True):
                keys, values = block.cross_attn.key(features), block.cross_attn.value(features)
                layer.store(row, self._split(keys), self._split(values))
            row += len(part)
        return cross

    def kv_cache(self, rows: int, positions: int) -> list[KeyValue]:
        """An empty key-value cache for self-attention; `decoder_step` fills it."""
        width = self.dims.n_text_state // self._heads
        shape = (self.dims.n_text_layer, 2, rows, self._heads, positions, width)
        numbers = torch.zeros(shape, dtype=self._residual, device=self.device)
        return [KeyValue(keys, values) for keys, values in numbers]

    def decoder_step(
        self,
        tokens: Tensor,
        at: int,
        kv_cache: Sequence[KeyValue],
        cross: Sequence[CrossAttention],
    ) -> Tensor:
        """Run the decoder over the next tokens of every row.

        Args:
            tokens: Shape (rows, tokens).
            at: How many tokens the cache contains, the same for all rows.

        Returns:
            Hidden states of the last layer; shape (rows, tokens, width).
        """
        x = self._embedded(tokens, at)
        for block, cache, layer in zip(self._decoder.blocks, kv_cache, cross, strict=True):
            x = self._self_attention(block, x, at, cache)
            query = self._cross_query(block, x)
            x = x + block.cross_attn.out(layer.attend(query).to(self.dtype))
            x = x + block.mlp(block.mlp_ln(x).to(self.dtype))
        return torch.as_tensor(self._decoder.ln(x))

    def alignment_scores(self, tokens: Tensor, cross: Sequence[CrossAttention]) -> Tensor:
        """Run the decoder over whole texts, up to the last layer with an alignment head.

        Returns:
            Attention scores of the alignment heads; shape (rows, heads, tokens, 1500).
        """
        x, kv_cache = self._embedded(tokens, 0), self.kv_cache(*tokens.shape)
        scores: list[Tensor] = []
        last = max(index for index, heads in enumerate(self.alignment_heads) if heads)
        for index, block in enumerate(self._decoder.blocks):
            x = self._self_attention(block, x, 0, kv_cache[index])
            query = self._cross_query(block, x)
            if heads := self.alignment_heads[index]:
                scores.append(cross[index].scores(query, heads).float())
            if index == last:
                break
            x = x + block.cross_attn.out(cross[index].attend(query).to(self.dtype))
            x = x + block.mlp(block.mlp_ln(x).to(self.dtype))
        return torch.cat(scores, 1)

    def _embedded(self, tokens: Tensor, at: int) -> Tensor:
        positions = self._decoder.positional_embedding[at : at + tokens.shape[1]]
        embedded = self._decoder.token_embedding(tokens) + positions
        return torch.as_tensor(embedded).to(self._residual)

    def _cross_query(self, block: Any, x: Tensor) -> Tensor:
        normed = block.cross_attn_ln(x).to(self.dtype)
        return self._split(block.cross_attn.query(normed))

    def _self_attention(self, block: Any, x: Tensor, at: int, kv_cache: KeyValue) -> Tensor:
        """Self-attention over the cache, after adding the tokens to it."""
        normed, (keys, values), end = block.attn_ln(x).to(self.dtype), kv_cache, at + x.shape[1]
        keys[:, :, at:end] = self._split(block.attn.key(normed))
        values[:, :, at:end] = self._split(block.attn.value(normed))
        query = self._split(block.attn.query(normed)).to(self._residual)
        if self._quantized and x.shape[1] == 1:
            query, index = query * query.shape[-1] ** -0.5, torch.arange(len(x))
            attended = attention(query, keys, values, index=index, positions=end).flatten(2)
        else:
            attended = attend(query, keys[:, :, :end], values[:, :, :end], at)
        return torch.as_tensor(x + block.attn.out(attended.to(self.dtype)))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the next token in full precision; shape (rows, vocabulary).

        In bfloat16 or int8 the decoder reads the whole vocabulary at a half or a quarter of the
        cost. Where that could change which token is chosen, logits are computed again in float32:
        those close to the highest, and all timestamps, whose sum is compared with the likeliest
        word.
        """
        if not self._quantized:
            return functional.linear(hidden, self._token_embedding).float()
        logits = torch.as_tensor(self._projection(hidden.to(self.dtype))).float()
        close = logits >= logits.amax(-1, keepdim=True) - _CLOSE
        rows, tokens = close.nonzero(as_tuple=True)
        logits[rows, tokens] = (hidden[rows] * self._token_embedding[tokens]).sum(-1)
        times = self._token_embedding[-_TIMESTAMPS:]
        logits[:, -_TIMESTAMPS:] = functional.linear(hidden, times)
        return logits

    def _split(self, x: Tensor) -> Tensor:
        """(rows, tokens, width) as (rows, heads, tokens, width of a head)."""
        return x.view(*x.shape[:2], self._heads, -1).transpose(1, 2)


def _pack(whisper: Any, dtype: torch.dtype) -> Projection:
    """Convert and pack the weights; the projection to the vocabulary."""
    for convolution in (whisper.encoder.conv1, whisper.encoder.conv2):
        convolution.to(dtype)
    projection = PackedLinear(whisper.decoder.token_embedding.weight, None, dtype)
    pack(whisper, dtype)
    return projection


def _quantize(whisper: Any) -> Projection:
    """Quantize the encoder, but its first block, and pack the decoder in float32.

    Rounding in the first block alone would add as much to the error of the features as rounding in
    all others.
    """
    quantize(whisper.encoder.blocks[1:])
    for block in whisper.decoder.blocks:  # keys and values are kept as 8-bit integers anyway
        attention = block.cross_attn
        attention.key, attention.value = as_int8(attention.key), as_int8(attention.value)
    pack(whisper, torch.float32)
    return Int8Projection(whisper.decoder.token_embedding.weight)


def _by_layer(heads: Tensor, layers: int) -> list[list[int]]:
    """The alignment heads of each layer, from openai-whisper's sparse mask."""
    pairs = heads.indices().T.tolist()
    return [[head for layer, head in pairs if layer == index] for index in range(layers)]

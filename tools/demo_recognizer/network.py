"""The network: openai-whisper's modules with a reduced vocabulary, and auxiliary heads.

Three changes make it small on disk and fast to train; unmodified Whisper can run the result.
Timestamp embeddings are one linear map of sinusoids. `decoder.ln` is fixed so that its first
output is always 1, which makes the embeddings' first column a bias of the logits: the row of every
untrained token is (-100, 0, 0, ...), which compresses well. Two heads on the encoder classify
phonemes and tokens for each frame; they are used in training only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from batches import Batch
from features import MELS
from tokens import TIMESTAMPS, trained_tokens
from torch import Tensor, nn
from torch.nn import functional
from whisper.model import ModelDimensions, Whisper, sinusoids

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 192, 3, 4, 2
AUDIO_POSITIONS, TEXT_POSITIONS = 1500, 448
TOKEN_FRAME_STRIDE = 3


@dataclass(frozen=True)
class NetworkOutput:
    """The network's output for a batch of B windows.

    Attributes:
        logits: Over trained tokens and timestamps; shape (B, U, tokens).
        attention: Cross-attention weights of each decoder layer; shape (B, heads, U, F).
        phoneme_logits: For each frame; shape (B, F, phonemes).
        token_logits: Of the token spoken in every third frame; shape (B, F / 3, tokens).
    """

    logits: Tensor
    attention: tuple[Tensor, ...]
    phoneme_logits: Tensor
    token_logits: Tensor


def dimensions(tokens: int) -> ModelDimensions:
    """Whisper's dimensions with a vocabulary of `tokens`."""
    return ModelDimensions(
        MELS,
        AUDIO_POSITIONS,
        WIDTH,
        HEADS,
        ENCODER_LAYERS,
        tokens,
        TEXT_POSITIONS,
        WIDTH,
        HEADS,
        DECODER_LAYERS,
    )


class Recognizer(nn.Module):
    """Whisper with the auxiliary heads and the timestamp embeddings for training."""

    def __init__(self, phonemes: int) -> None:
        """Initialize with random weights; `phonemes` is the number of phoneme classes."""
        super().__init__()
        tokens = len(trained_tokens())
        self.whisper = Whisper(dimensions(tokens))
        self.register_buffer("times", sinusoids(TIMESTAMPS, WIDTH), persistent=False)
        self.time_map = nn.Linear(WIDTH, WIDTH)
        self.phoneme_head = nn.Linear(WIDTH, phonemes)
        self.token_head = nn.Linear(WIDTH, tokens)
        self._initialize()

    def _initialize(self) -> None:
        """Small random weights; the decoder's positional embeddings start as sinusoids."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5 * 0.8)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        decoder = self.whisper.decoder
        nn.init.normal_(decoder.token_embedding.weight, std=0.08)
        nn.init.normal_(self.time_map.weight, std=0.012)
        decoder.positional_embedding.data = sinusoids(TEXT_POSITIONS, WIDTH) * 0.08
        self.pin_bias()

    @torch.no_grad()
    def pin_bias(self) -> None:
        """Fix the decoder's first output dimension to 1, as the bias of the logits."""
        self.whisper.decoder.ln.weight[0] = 0
        self.whisper.decoder.ln.bias[0] = 1

    def embeddings(self) -> Tensor:
        """Rows of the trained tokens, then of the timestamps; shape (tokens, width)."""
        rows = self.whisper.decoder.token_embedding.weight
        return torch.cat([rows, self.time_map(self.times)])

    def forward(self, batch: Batch) -> NetworkOutput:
        """Encode a batch and decode it with teacher forcing."""
        audio, middle = self._encode(batch)
        logits, attention = self._decode(batch, audio)
        return NetworkOutput(
            logits,
            attention,
            self.phoneme_head(middle),
            self.token_head(audio[:, ::TOKEN_FRAME_STRIDE]),
        )

    def _encode(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The encoder's output and its middle layer; shape (B, F, width) each."""
        encoder = self.whisper.encoder
        x = functional.gelu(encoder.conv1(batch.mel.transpose(1, 2)))
        x = functional.gelu(encoder.conv2(x)).transpose(1, 2)
        positions = batch.offset[:, None] + torch.arange(x.shape[1], device=x.device)
        x = x + encoder.positional_embedding[positions]
        middle = x
        for index, block in enumerate(encoder.blocks):
            x = x + _attend_to_all(block.attn, block.attn_ln(x))
            x = x + block.mlp(block.mlp_ln(x))
            if index == len(encoder.blocks) // 2 - 1:
                middle = x
        return encoder.ln_post(x), middle

    def _decode(self, batch: Batch, audio: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        decoder, rows = self.whisper.decoder, self.embeddings()
        x = functional.embedding(batch.decoder_input_ids, rows)
        x = x + decoder.positional_embedding[batch.positions]
        attention = []
        for block in decoder.blocks:
            x = x + _attend(block.attn, block.attn_ln(x), mask=decoder.mask)[0]
            context, weights = _attend(block.cross_attn, block.cross_attn_ln(x), audio)
            attention.append(weights)
            x = x + context
            x = x + block.mlp(block.mlp_ln(x))
        return decoder.ln(x) @ rows.T, tuple(attention)


def _attend_to_all(layer: Any, x: Tensor) -> Tensor:
    """Whisper's self-attention in the encoder, by the kernel that doesn't return the weights.

    In bfloat16 that kernel is slower on processors than the plain products.
    """
    if torch.is_autocast_enabled("cpu"):
        return _attend(layer, x)[0]
    mixed = functional.scaled_dot_product_attention(*_project(layer, x, x))
    out: Tensor = layer.out(mixed.transpose(1, 2).flatten(2))
    return out


def _attend(
    layer: Any, x: Tensor, audio: Tensor | None = None, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Whisper's attention, and its weights; shape (B, heads, queries, keys)."""
    query, key, value = _project(layer, x, x if audio is None else audio)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    if mask is not None:
        size = x.shape[1]
        scores = scores + mask[:size, :size]
    weights = scores.softmax(-1)
    mixed: Tensor = layer.out((weights @ value).transpose(1, 2).flatten(2))
    return mixed, weights


def _project(layer: Any, x: Tensor, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of each head; shape (B, heads, positions, width of a head)."""
    query, key, value = (
        part.unflatten(-1, (layer.n_head, -1)).transpose(1, 2)
        for part in (layer.query(x), layer.key(source), layer.value(source))
    )
    return query, key, value

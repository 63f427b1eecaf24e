"""Whisper's encoder in bfloat16 on a CPU.

Matrix products are in bfloat16, sums of residuals and norms in float32. Attention is computed for
one head and a few hundred queries at a time, so that its scores stay in the processor's cache:
torch's fused kernel takes one and a half times as long in bfloat16.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_QUERIES = 250
"""Queries at a time: with 1,500 keys their scores take 750 KB."""


def encode(encoder: Any, mel: Tensor) -> Tensor:
    """The features of one window.

    Args:
        encoder: openai-whisper's `AudioEncoder`, its linear and convolutional weights in bfloat16.
        mel: Shape (1, mels, 3000).

    Returns:
        Shape (1, 1500, width), in bfloat16.
    """
    x = functional.gelu(encoder.conv1(mel.bfloat16()))
    x = functional.gelu(encoder.conv2(x))
    x = x.permute(0, 2, 1).float() + encoder.positional_embedding
    for block in encoder.blocks:
        x = x + _self_attention(block.attn, block.attn_ln(x).bfloat16()).float()
        x = x + block.mlp(block.mlp_ln(x).bfloat16()).float()
    return torch.as_tensor(encoder.ln_post(x)).bfloat16()


def _self_attention(attention: Any, x: Tensor) -> Tensor:
    width = x.shape[-1] // attention.n_head
    query = attention.query(x) * width**-0.5
    queries, keys, values = (
        part[0].view(-1, attention.n_head, width).transpose(0, 1).contiguous()
        for part in (query, attention.key(x), attention.value(x))
    )
    attended = torch.empty_like(query[0])
    for head in range(attention.n_head):
        transposed = keys[head].T
        columns = attended[:, head * width : (head + 1) * width]
        for first in range(0, len(columns), _QUERIES):
            scores = queries[head, first : first + _QUERIES] @ transposed
            columns[first : first + _QUERIES] = scores.softmax(-1) @ values[head]
    return torch.as_tensor(attention.out(attended[None]))

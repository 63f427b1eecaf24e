"""The training loss: cross-entropy on text, guided attention, auxiliary frame labels."""

from __future__ import annotations

import torch
from batches import Batch
from network import HEADS, TOKEN_FRAME_STRIDE, NetworkOutput
from tokens import trained_tokens
from torch import Tensor
from torch.nn import functional

_TIMESTAMP_SMOOTHING = ((-2, 0.1), (-1, 0.2), (0, 0.4), (1, 0.2), (2, 0.1))
_ATTENTION_WEIGHT, _PHONEME_WEIGHT, _FRAME_WEIGHT = 0.25, 0.3, 0.5
_UNIFORM_SHARE = 0.3
"""Weight of evenly spread attention over a word, against attention anywhere within it."""


def losses(output: NetworkOutput, batch: Batch) -> dict[str, Tensor]:
    """Each loss by name, their weighted sum as `total`, and `accuracy`, of word tokens."""
    text, accuracy = _text_loss(output.logits, batch.labels, batch.uniform_targets)
    label_attention = _guided_attention_loss(output.attention[-1], batch.label_spans)
    first_heads = output.attention[0][:, : HEADS // 2 or 1]
    input_attention = _guided_attention_loss(first_heads, batch.input_spans)
    phoneme_logits = output.phoneme_logits.flatten(0, 1)
    phonemes = functional.cross_entropy(phoneme_logits, batch.phonemes.flatten())
    targets = batch.frame_tokens[:, ::TOKEN_FRAME_STRIDE]
    frames = functional.cross_entropy(output.token_logits.flatten(0, 1), targets.flatten())
    guided = _ATTENTION_WEIGHT * (label_attention + input_attention)
    total = text + guided + _PHONEME_WEIGHT * phonemes + _FRAME_WEIGHT * frames
    return {
        "total": total,
        "text": text,
        "attention": label_attention,
        "phonemes": phonemes,
        "frames": frames,
        "accuracy": accuracy,
    }


def _text_loss(logits: Tensor, labels: Tensor, uniform_targets: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy, with label smoothing over neighbouring timestamps; and the accuracy.

    Over out-of-vocabulary speech the target is the uniform distribution over all tokens.
    """
    scores = logits.float().log_softmax(-1)
    labelled = labels >= 0
    target = labels.clamp(min=0)
    is_time = target >= len(trained_tokens())
    hard_target_loss = -scores.gather(-1, target[..., None])[..., 0]
    smoothed_loss = torch.zeros_like(hard_target_loss)
    for shift, share in _TIMESTAMP_SMOOTHING:
        near = (target + shift).clamp(0, scores.shape[-1] - 1)
        smoothed_loss = smoothed_loss - share * scores.gather(-1, near[..., None])[..., 0]
    uniform = -scores[..., : len(trained_tokens())].mean(-1)
    each = torch.where(is_time, smoothed_loss, hard_target_loss) * labelled
    each = each + uniform * uniform_targets
    loss = each.sum() / (labelled | uniform_targets).sum().clamp(min=1)
    words = labelled & ~is_time
    accuracy = (logits.detach().argmax(-1) == target)[words].float().mean()
    return loss, accuracy


def _guided_attention_loss(attention: Tensor, spans: Tensor) -> Tensor:
    """Low if the attention is on the frames in which the token is spoken, spread evenly over them.

    With the true word times as targets, cross-attention is aligned after few steps; from text
    alone, a network of this size needs many hours. Word times are computed from the attention by
    dynamic time warping, which assigns each frame to the word with the highest attention: with
    attention only at a word's beginning, its end would be assigned to the next word.
    """
    middle = torch.arange(attention.shape[-1], device=spans.device) + 0.5
    inside = ((middle >= spans[..., :1]) & (middle <= spans[..., 1:])).float()
    size = inside.sum(-1)
    weights = attention.float() * inside[:, None]
    mass = weights.sum(-1).clamp(min=1e-4).log().mean(1)
    uniform = (weights.clamp(min=1e-5).log() * inside[:, None]).mean(1).sum(-1)
    evenness = uniform / size.clamp(min=1) + size.clamp(min=1).log()
    each = mass * (1 - _UNIFORM_SHARE) + evenness * _UNIFORM_SHARE
    labelled = size > 0
    return -(each * labelled).sum() / labelled.sum().clamp(min=1)

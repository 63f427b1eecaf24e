"""What training makes small."""

from __future__ import annotations

import torch
from batches import Batch
from network import HEADS, TOKEN_FRAME_STRIDE, NetworkOutput
from tokens import known_tokens
from torch import Tensor
from torch.nn import functional

_NEIGHBOURS = ((-2, 0.1), (-1, 0.2), (0, 0.4), (1, 0.2), (2, 0.1))
_GUIDANCE, _PHONEMES, _FRAMES = 0.25, 0.3, 0.5
_EVENLY = 0.3
"""How far attention should spread evenly over a word, rather than lie anywhere in it."""


def losses(heard: NetworkOutput, batch: Batch) -> dict[str, Tensor]:
    """Each loss by name, their weighted sum as `all`, and `right`, the share of right tokens."""
    text, right = _text_loss(heard.logits, batch.answer, batch.lost)
    following = _guidance(heard.attention[-1], batch.following)
    now = _guidance(heard.attention[0][:, : HEADS // 2 or 1], batch.now)
    phonemes = functional.cross_entropy(heard.phonemes.flatten(0, 1), batch.phonemes.flatten())
    said = batch.heard[:, ::TOKEN_FRAME_STRIDE]
    frames = functional.cross_entropy(heard.heard.flatten(0, 1), said.flatten())
    weighted = text + _GUIDANCE * (following + now) + _PHONEMES * phonemes + _FRAMES * frames
    return {
        "all": weighted,
        "text": text,
        "guide": following,
        "phonemes": phonemes,
        "frames": frames,
        "right": right,
    }


def _text_loss(logits: Tensor, answer: Tensor, lost: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy; a timestamp's target is shared with its neighbours, which are nearly right.

    Over speech of other words the target is spread evenly over all tokens.
    """
    scores = logits.float().log_softmax(-1)
    known = answer >= 0
    target = answer.clamp(min=0)
    is_time = target >= len(known_tokens())
    exact = -scores.gather(-1, target[..., None])[..., 0]
    shared = torch.zeros_like(exact)
    for shift, share in _NEIGHBOURS:
        near = (target + shift).clamp(0, scores.shape[-1] - 1)
        shared = shared - share * scores.gather(-1, near[..., None])[..., 0]
    evenly = -scores[..., : len(known_tokens())].mean(-1)
    each = torch.where(is_time, shared, exact) * known + evenly * lost
    loss = each.sum() / (known | lost).sum().clamp(min=1)
    words = known & ~is_time
    right = (logits.detach().argmax(-1) == target)[words].float().mean()
    return loss, right


def _guidance(attention: Tensor, spans: Tensor) -> Tensor:
    """How little of the attention lies on the frames in which the token is heard, and how unevenly.

    Guided by the true word times, cross-attention finds the words at once; learning it from the
    text alone takes a network of this size many hours. Word times are read off it by dynamic time
    warping, which needs every frame of a word to look more like that word than like its
    neighbours: a peak at the word's beginning alone leaves its end to the next word.
    """
    middle = torch.arange(attention.shape[-1], device=spans.device) + 0.5
    inside = ((middle >= spans[..., :1]) & (middle <= spans[..., 1:])).float()
    size = inside.sum(-1)
    weights = attention.float() * inside[:, None]
    mass = weights.sum(-1).clamp(min=1e-4).log().mean(1)
    evenly = (weights.clamp(min=1e-5).log() * inside[:, None]).mean(1).sum(-1)
    each = mass * (1 - _EVENLY) + (evenly / size.clamp(min=1) + size.clamp(min=1).log()) * _EVENLY
    known = size > 0
    return -(each * known).sum() / known.sum().clamp(min=1)

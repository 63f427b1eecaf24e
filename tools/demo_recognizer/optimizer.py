"""The optimizer: Muon for the matrices inside the blocks, AdamW for everything else.

Muon (Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks") moves a matrix
in the direction of its momentum with all singular values made equal. torch's own Muon computes that
in bfloat16, which is some sixty times slower than single precision on processors without
instructions for it; so this implementation has a parameter for the dtype. Steps are scaled to the
size of AdamW's (Liu et al., 2025, "Muon is scalable for LLM training"), so that both share one
learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration, from the paper
_ITERATIONS = 5
_ADAM_SIZE = 0.2
"""Root mean square of an AdamW step in units of the learning rate, from the second paper."""


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, in single precision."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """`params` have two or more dimensions; those after the first are flattened."""
        self._dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """Update every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                mean = state.setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - group["momentum"])
                direction = weight.grad.lerp(mean, group["momentum"]).flatten(1)
                update = orthogonalize(direction, self._dtype) * (
                    _ADAM_SIZE * max(direction.shape) ** 0.5
                )
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(update.view_as(weight), alpha=group["lr"])


def orthogonalize(matrix: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The matrix with its singular values set near 1, by Newton-Schulz iteration in `dtype`."""
    first, second, third = _COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = (wide / (wide.norm() + 1e-7)).to(dtype)
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = first * x + torch.addmm(square, square, square, beta=second, alpha=third) @ x
    x = x.float()
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


class MuonWithAdamW:
    """Muon and AdamW as one optimizer with the methods that training needs."""

    def __init__(self, network: nn.Module, dtype: torch.dtype = torch.float32) -> None:
        """AdamW gets embeddings, vectors and the encoder's heads; Muon computes in `dtype`."""
        named = list(network.named_parameters())
        hidden = [p for name, p in named if _is_hidden(name, p)]
        rest = [p for name, p in named if not _is_hidden(name, p)]
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, lr=1e-4, weight_decay=0.02, dtype=dtype),
            torch.optim.AdamW(rest, lr=1e-4, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.0),
        )

    def step(self, rate: float) -> None:
        """One step at the learning rate `rate`."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()

    def zero_grad(self) -> None:
        """Reset the gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def state_dict(self) -> list[dict[str, Any]]:
        """The state of both optimizers."""
        return [optimizer.state_dict() for optimizer in self.optimizers]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Restore a state from `state_dict`."""
        for optimizer, state in zip(self.optimizers, states, strict=True):
            optimizer.load_state_dict(state)


def _is_hidden(name: str, weight: Tensor) -> bool:
    return "blocks." in name and weight.ndim > 1

"""The optimizer: Muon for the matrices inside the blocks, AdamW for everything else.

Muon (Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks") moves a matrix
in the direction of its momentum with all singular values made equal. torch's own Muon computes that
in bfloat16, which processors without the instructions for it do some sixty times slower than in
single precision; hence this one, which
is told in what to compute. Steps have the size that AdamW's would have (Liu et al., 2025,
"Muon is scalable for LLM training"), so that both share one learning rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration, from the paper
_ITERATIONS = 5
_ADAM_SIZE = 0.2
"""Root mean square of an AdamW step in units of the learning rate, as the second paper has it."""


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
        """`params` are weights of two dimensions or more; all beyond the first are one."""
        self._dtype = dtype
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                mean = state.setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 1 - group["momentum"])
                direction = weight.grad.lerp(mean, group["momentum"]).flatten(1)
                moved = orthogonalize(direction, self._dtype) * (
                    _ADAM_SIZE * max(direction.shape) ** 0.5
                )
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(moved.view_as(weight), alpha=group["lr"])


def orthogonalize(matrix: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The matrix with its singular values brought near 1, by Newton-Schulz iteration in `dtype`."""
    first, second, third = _COEFFICIENTS
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = (wide / (wide.norm() + 1e-7)).to(dtype)
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = first * x + torch.addmm(square, square, square, beta=second, alpha=third) @ x
    x = x.float()
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


class Together:
    """Muon and AdamW behind the few methods that training needs."""

    def __init__(self, network: nn.Module, dtype: torch.dtype = torch.float32) -> None:
        """Embeddings, vectors and the encoder's heads go to AdamW; Muon computes in `dtype`."""
        named = list(network.named_parameters())
        hidden = [p for name, p in named if _is_hidden(name, p)]
        rest = [p for name, p in named if not _is_hidden(name, p)]
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            Muon(hidden, lr=1e-4, weight_decay=0.02, dtype=dtype),
            torch.optim.AdamW(rest, lr=1e-4, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.0),
        )

    def step(self, rate: float) -> None:
        """One step at the learning rate `rate`."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts:
            part.zero_grad()

    def state_dict(self) -> list[dict[str, Any]]:
        """What `load_state_dict` takes."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Go on where another run stopped."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def _is_hidden(name: str, weight: Tensor) -> bool:
    return "blocks." in name and weight.ndim > 1

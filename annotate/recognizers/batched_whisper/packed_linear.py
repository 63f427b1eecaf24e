"""Linear layers on a CPU, their weights laid out ahead for the processor.

`functional.linear` lays the weights out again on every call, which costs as much as the product
itself when there are few rows. torch's compiler avoids that by two operators of oneDNN's, which are
used here directly. They are not part of torch's public interface: without them, the results are the
same and only slower.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_ROWS = 32
"""Rows that the layout is optimized for; it serves any number of them."""


class PackedLinear(nn.Module):
    """A linear layer of inputs and outputs in one number format.

    Args:
        weight: Shape (outputs, inputs).
        bias: Shape (outputs,), or None.
        dtype: bfloat16 or float32.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.bfloat16):
        super().__init__()
        # Detached, since the graph of gradients would keep the weights of the original.
        self._bias = None if bias is None else bias.detach().to(dtype)
        self._weight, self._packed = weight.detach().to(dtype), False
        operators = _operators()
        try:
            self._weight = operators._reorder_linear_weight(self._weight, _ROWS)
            self._linear = operators._linear_pointwise
            self._packed = True
        except (AttributeError, RuntimeError):  # another version of torch, or another processor
            pass

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs; the last axis of `x` is the inputs."""
        if not self._packed:
            return functional.linear(x, self._weight, self._bias)
        return torch.as_tensor(self._linear(x, self._weight, self._bias, "none", [], ""))


def _operators() -> Any:
    return torch.ops.mkldnn


def pack(network: nn.Module, dtype: torch.dtype) -> None:
    """Replace every linear layer inside a network."""
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                setattr(module, name, PackedLinear(child.weight, child.bias, dtype))

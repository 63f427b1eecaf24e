"""Linear layers whose products are of 8-bit integers, on a CPU.

Inputs are rounded with one scale for each row, so that the few positions in Whisper's encoder whose
numbers are a hundred times as large as the others' don't cost the others their precision. The
channels with the largest numbers are left out and multiplied in float32, as in LLM.int8()
(Dettmers et al. 2022): rows could have only few steps for the rest otherwise.

The products are two operators of oneDNN's that torch's compiler uses. They are not part of torch's
public interface; `compute_types.has_int8` tells whether they are there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor, nn

_INPUT_STEPS = 127
"""Inputs of a row are rounded to so many steps on either side of 0."""
_WEIGHT_STEPS = 100
"""Steps of the weights. AVX2 adds two products of an input and a weight in 16 bits, where sums of
the largest inputs and weights are cut off; with 63 steps none would be."""
_OUTLIERS = 32
"""One of so many channels is multiplied in float32, with weights of `_INPUT_STEPS` steps. Whisper
base's features are off by 2.8 % then, without that by 3.5 %, and with 63 steps by 4.3 %."""


class Int8Linear(nn.Module):
    """A linear layer of float32 inputs and outputs.

    The channels in float32 are chosen for each input as a whole: pass one window at a time.

    Args:
        weight: Shape (outputs, inputs); rounded with one scale for each output.
        bias: Shape (outputs,), or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None):
        super().__init__()
        numbers = weight.detach().float()
        largest = numbers.abs().amax(1).clamp(min=1e-30)
        self._scales, self._fine_scales = largest / _WEIGHT_STEPS, largest / _INPUT_STEPS
        integers = (numbers / self._scales[:, None]).round_().to(torch.int8)
        # Transposed, since channels are picked from it.
        self._fine = (numbers / self._fine_scales[:, None]).round_().to(torch.int8).T.contiguous()
        self._outliers = -(-numbers.shape[1] // _OUTLIERS)
        self._weight = torch.ops.onednn.qlinear_prepack(integers, None)
        self._zeros = torch.zeros(len(integers), dtype=torch.int32)
        self._bias = None if bias is None else bias.detach().float()

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs; the last axis of `x` is the inputs."""
        rows = x.reshape(-1, x.shape[-1])
        # The same channels are large in most rows: some of them suffice to find these.
        channels = rows[::4].abs().amax(0).topk(self._outliers).indices
        fine = self._fine[channels].float() * self._fine_scales
        others = torch.ones(x.shape[-1]).index_fill_(0, channels, 0.0)
        integers, scales = rounded(x * others)
        offset = _INPUT_STEPS + 1
        scaling = (1.0, offset, self._weight, self._scales, self._zeros, None, 1.0, 0)
        y: Tensor = torch.ops.onednn.qlinear_pointwise(
            integers, *scaling, torch.float32, "none", [], ""
        )
        y = y.mul_(scales) if self._bias is None else y.mul_(scales).add_(self._bias)
        y.view(-1, y.shape[-1]).addmm_(rows.index_select(1, channels), fine)
        return y


def rounded(x: Tensor) -> tuple[Tensor, Tensor]:
    """The rows of `x` as integers from 1 to 255, where 128 is 0, and the scale of each row.

    Args:
        x: float32; the last axis is a row.

    Returns:
        Integers of the shape of `x`, and scales of the same shape but with a last axis of 1.
    """
    rows = x.reshape(-1, x.shape[-1]).contiguous()
    largest = torch.maximum(rows.amax(-1), -rows.amin(-1)).clamp_(min=1e-30)
    integers = torch.empty(rows.shape, dtype=torch.uint8)
    _kernel()(rows.numpy(), (_INPUT_STEPS / largest).numpy(), integers.numpy())
    return integers.view(x.shape), (largest / _INPUT_STEPS).view(*x.shape[:-1], 1)


def quantize(network: nn.Module) -> None:
    """Replace every linear layer inside a network."""
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                setattr(module, name, as_int8(child))


def as_int8(layer: nn.Linear) -> Int8Linear:
    """The layer with 8-bit products."""
    return Int8Linear(layer.weight, layer.bias)


@lru_cache(maxsize=1)
def _kernel() -> Any:
    @numba.njit(nogil=True, fastmath=True, error_model="numpy")
    def rounding(rows: Any, factors: Any, integers: Any) -> None:
        half = np.float32(_INPUT_STEPS + 1.5)  # conversion to an integer rounds towards 0
        for row in range(len(rows)):
            numbers, factor, into = rows[row], factors[row], integers[row]
            for at in range(len(numbers)):
                into[at] = np.uint8(numbers[at] * factor + half)

    return rounding

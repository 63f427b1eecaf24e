"""Linear layers with 8-bit products compared with torch's."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from annotate.recognizers.batched_whisper.int8_linear import Int8Linear, quantize, rounded


def a_layer(inputs: int, outputs: int, *, bias: bool = True) -> nn.Linear:
    """A layer whose weights are distributed like those of a trained network."""
    torch.manual_seed(0)
    layer = nn.Linear(inputs, outputs, bias=bias)
    nn.init.normal_(layer.weight, std=inputs**-0.5)
    return layer


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("inputs", "outputs"), [(64, 48), (512, 2048), (37, 5)])
@torch.inference_mode()
def test_outputs_are_almost_those_of_a_linear_layer(bias: bool, inputs: int, outputs: int) -> None:
    layer, x = a_layer(inputs, outputs, bias=bias), torch.randn(2, 50, inputs)
    found = Int8Linear(layer.weight, layer.bias)(x)
    assert found.shape == (2, 50, outputs)
    assert found.dtype == torch.float32
    assert relative_error(found, layer(x)) < 0.05


@torch.inference_mode()
def test_a_row_of_large_numbers_costs_the_others_no_precision() -> None:
    layer, x = a_layer(64, 48), torch.randn(9, 64)
    x[4] *= 1000
    found, expected = Int8Linear(layer.weight, layer.bias)(x), layer(x)
    for row in range(9):
        assert relative_error(found[row], expected[row]) < 0.03


@torch.inference_mode()
def test_a_channel_of_large_numbers_costs_the_others_no_precision() -> None:
    layer, x = a_layer(64, 48, bias=False), torch.randn(9, 64)
    x[:, 7] *= 100
    layer.weight[:, 7] = 0
    assert relative_error(Int8Linear(layer.weight, None)(x), layer(x)) < 0.03


@torch.inference_mode()
def test_zeros_give_the_bias() -> None:
    layer = nn.Linear(16, 8)
    nn.init.zeros_(layer.weight)
    quantized = Int8Linear(layer.weight, layer.bias)
    assert torch.equal(quantized(torch.randn(3, 16)), layer.bias.expand(3, 8))
    assert torch.equal(quantized(torch.zeros(1, 16))[0], layer.bias)


@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=1, max_size=9
    )
)
def test_numbers_are_rounded_to_the_nearest_step_of_their_row(numbers: list[list[float]]) -> None:
    x = torch.tensor(numbers)
    integers, scales = rounded(x)
    assert integers.shape == x.shape
    assert scales.shape == (len(x), 1)
    error = ((integers.float() - 128) * scales - x).abs()
    assert bool((error <= 0.501 * scales).all())


def test_every_layer_inside_is_replaced() -> None:
    network = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 8), nn.ReLU()))
    quantize(network)
    kinds = [type(one) for one in network.modules() if not list(one.children())]
    assert kinds == [Int8Linear, Int8Linear, nn.ReLU]

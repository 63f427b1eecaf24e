"""Packed linear layers compute what torch's do."""

import gc
import weakref

import pytest
import torch
from torch import nn
from torch.nn import functional

from annotate.recognizers.batched_whisper import packed_linear
from annotate.recognizers.batched_whisper.packed_linear import PackedLinear, pack


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [8, 32, 1500])
@torch.inference_mode()
def test_outputs_are_those_of_a_linear_layer(bias: bool, rows: int) -> None:
    layer = nn.Linear(64, 48, bias=bias)
    x = torch.randn(1, rows, 64).bfloat16()
    expected = functional.linear(
        x, layer.weight.bfloat16(), None if layer.bias is None else layer.bias.bfloat16()
    )
    found = PackedLinear(layer.weight, layer.bias)(x)
    assert found.dtype == torch.bfloat16
    assert torch.allclose(found.float(), expected.float(), atol=0.02)


@torch.inference_mode()
def test_without_the_operators_the_plain_product_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Linear(16, 8)
    x = torch.randn(8, 16).bfloat16()
    packed = PackedLinear(layer.weight, layer.bias)(x)
    monkeypatch.setattr(packed_linear, "_operators", lambda: object())
    assert torch.allclose(PackedLinear(layer.weight, layer.bias)(x), packed, atol=0.02)


@torch.inference_mode()
def test_a_row_does_not_depend_on_the_number_of_rows() -> None:
    layer = PackedLinear(torch.randn(96, 64), None)
    x = torch.randn(64, 64).bfloat16()
    assert torch.equal(layer(x)[:8], layer(x[:8]))
    assert torch.equal(layer(x)[8:32], layer(x[8:32]))


def test_packing_releases_the_original_weights() -> None:
    network = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 8)))
    originals = [weakref.ref(one) for one in network.parameters()]
    pack(network)
    gc.collect()
    assert [one() for one in originals] == [None] * 4
    assert network(torch.ones(8, 8).bfloat16()).shape == (8, 8)

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
@pytest.mark.parametrize(("dtype", "error"), [(torch.bfloat16, 0.02), (torch.float32, 1e-5)])
@torch.inference_mode()
def test_outputs_are_those_of_a_linear_layer(
    bias: bool, rows: int, dtype: torch.dtype, error: float
) -> None:
    layer = nn.Linear(64, 48, bias=bias)
    x = torch.randn(1, rows, 64).to(dtype)
    expected = functional.linear(
        x, layer.weight.to(dtype), None if layer.bias is None else layer.bias.to(dtype)
    )
    found = PackedLinear(layer.weight, layer.bias, dtype)(x)
    assert found.dtype == dtype
    assert torch.allclose(found.float(), expected.float(), atol=error)


@torch.inference_mode()
def test_without_the_operators_the_plain_product_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Linear(16, 8)
    x = torch.randn(8, 16).bfloat16()
    packed = PackedLinear(layer.weight, layer.bias)(x)
    monkeypatch.setattr(packed_linear, "_operators", lambda: object())
    assert torch.allclose(PackedLinear(layer.weight, layer.bias)(x), packed, atol=0.02)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@torch.inference_mode()
def test_a_row_does_not_depend_on_the_number_of_rows(dtype: torch.dtype) -> None:
    layer = PackedLinear(torch.randn(96, 64), None, dtype)
    x = torch.randn(64, 64).to(dtype)
    assert torch.equal(layer(x)[:8], layer(x[:8]))
    assert torch.equal(layer(x)[8:32], layer(x[8:32]))


def test_packing_releases_the_original_weights() -> None:
    network = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.Linear(8, 8)))
    originals = [weakref.ref(one) for one in network.parameters()]
    pack(network, torch.bfloat16)
    gc.collect()
    assert [one() for one in originals] == [None] * 4
    assert network(torch.ones(8, 8).bfloat16()).shape == (8, 8)

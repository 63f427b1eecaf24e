"""Cross-attention as 8-bit integers compared with full precision."""

import pytest
import torch

from annotate.recognizers.batched_whisper.cross_attention import CrossAttention, for_layers

CPU = torch.device("cpu")
SHAPE = (4, 2, 30, 16)
"""Rows, heads, positions, and width of a head."""


def layers(*, quantized: bool) -> list[CrossAttention]:
    """Two layers with the same numbers, whether quantized or not; the last row is left empty."""
    torch.manual_seed(1)
    found = for_layers(2, SHAPE, torch.float32, CPU, quantized=quantized)
    for layer in found:
        for row in range(3):
            keys, values = torch.randn(2, 1, *SHAPE[1:])
            layer.store(row, keys, values)
    return found


@pytest.mark.parametrize("tokens", [1, 8, 9, 40])
def test_integers_attend_almost_as_full_precision(tokens: int) -> None:
    query = torch.randn(4, 2, tokens, 16)
    for full, quantized in zip(layers(quantized=False), layers(quantized=True), strict=True):
        found = quantized.attend(query)
        assert found.shape == (4, tokens, 32)
        assert torch.allclose(found, full.attend(query), atol=0.03)
        assert not found[3].any()  # padding


def test_scores_are_those_of_the_given_heads() -> None:
    query = torch.randn(4, 2, 12, 16)
    full, quantized = layers(quantized=False)[0], layers(quantized=True)[0]
    for heads in ([0], [1], [1, 0]):
        wanted = full.scores(query, heads)
        assert wanted.shape == (4, len(heads), 12, 30)
        assert torch.allclose(quantized.scores(query, heads), wanted, atol=0.05)


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("rows", [torch.tensor([2, 0]), slice(2)])
def test_selected_rows_keep_their_numbers(quantized: bool, rows: torch.Tensor | slice) -> None:
    layer = layers(quantized=quantized)[1]
    query = torch.randn(4, 2, 1, 16)
    assert torch.equal(layer.select(rows).attend(query[rows]), layer.attend(query)[rows])


def test_selecting_twice_selects_among_the_selected() -> None:
    layer = layers(quantized=True)[0]
    query = torch.randn(1, 2, 1, 16)
    twice = layer.select(torch.tensor([2, 1, 0])).select(torch.tensor([1]))
    assert torch.equal(twice.attend(query), layer.select(slice(1, 2)).attend(query))

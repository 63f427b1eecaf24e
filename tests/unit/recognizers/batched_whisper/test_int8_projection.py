"""Logits from 8-bit integers compared with those from float32."""

import pytest
import torch

from annotate.recognizers.batched_whisper.int8_projection import Int8Projection


@pytest.mark.parametrize("rows", [8, 24])
@pytest.mark.parametrize("width", [64, 48])
def test_logits_are_almost_those_of_float32(rows: int, width: int) -> None:
    torch.manual_seed(0)
    vocabulary, hidden = torch.randn(1001, width), torch.randn(rows, width)
    vocabulary[7] = 0
    found, expected = Int8Projection(vocabulary)(hidden), hidden @ vocabulary.T
    assert found.shape == (rows, 1001)
    assert not found[:, 7].any()
    assert float((found - expected).norm() / expected.norm()) < 0.01


def test_channels_of_hidden_states_may_differ_in_size() -> None:
    """Whisper's do: rounding them, too, made logits wrong by more than 1."""
    torch.manual_seed(0)
    vocabulary, hidden = torch.randn(500, 64), torch.randn(8, 64)
    hidden[:, 5] *= 100
    vocabulary[:, 5] /= 100
    error = Int8Projection(vocabulary)(hidden) - hidden @ vocabulary.T
    assert float(error[:, :].abs().max()) < 4


def test_a_row_does_not_depend_on_the_others() -> None:
    torch.manual_seed(0)
    projection, hidden = Int8Projection(torch.randn(300, 64)), torch.randn(16, 64)
    together, alone = projection(hidden), projection(hidden[8:])
    assert torch.equal(together[8:], alone)

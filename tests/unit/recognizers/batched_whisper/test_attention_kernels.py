"""The compiled kernels compared with torch's attention."""

import pytest
import torch
from torch.nn import functional

from annotate.recognizers.batched_whisper.attention_kernels import attention


def expected(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    attended = functional.scaled_dot_product_attention(query, keys, values, scale=1.0)
    return attended.transpose(1, 2)


@pytest.mark.parametrize("positions", [1, 3, 4, 7, 20])
@pytest.mark.parametrize("tokens", [1, 3])
def test_attention_over_the_first_positions_of_the_given_rows(positions: int, tokens: int) -> None:
    torch.manual_seed(0)
    keys, values = torch.randn(2, 5, 2, 20, 16)
    query, index = torch.randn(3, 2, tokens, 16), torch.tensor([4, 0, 4])
    found = attention(query, keys, values, index=index, positions=positions)
    wanted = expected(query, keys[index][:, :, :positions], values[index][:, :, :positions])
    assert torch.allclose(found, wanted, atol=1e-5)


def test_integers_are_multiplied_by_their_scales() -> None:
    torch.manual_seed(0)
    integers = torch.randint(-127, 128, (2, 3, 2, 10, 8), dtype=torch.int8)
    scales = torch.rand(2, 3, 2, 10) / 100
    keys, values = integers.float() * scales[..., None]
    query, index = torch.randn(2, 2, 1, 8), torch.tensor([2, 1])
    found = attention(query, *integers, index=index, positions=10, scales=(scales[0], scales[1]))
    assert torch.allclose(found, expected(query, keys[index], values[index]), atol=1e-4)


def test_a_row_does_not_depend_on_the_others() -> None:
    torch.manual_seed(0)
    keys, values = torch.randn(2, 4, 2, 33, 64)
    query = torch.randn(4, 2, 1, 64)
    together = attention(query, keys, values, index=torch.arange(4), positions=33)
    alone = attention(query[2:3], keys, values, index=torch.tensor([2]), positions=33)
    assert torch.equal(together[2:3], alone)

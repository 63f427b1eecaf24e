"""The rules over all rows at once, beside openai-whisper's, which go row by row."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.decoding import ApplyTimestampRules, SuppressTokens
from whisper.tokenizer import get_tokenizer

from annotate.recognizers.batched_whisper.logits_processor import Past, Rules, never_said

TOKENIZER = get_tokenizer(False)
WORDS = TOKENIZER.timestamp_begin + 1501
RULES = Rules(TOKENIZER, WORDS, torch.device("cpu"))
START = [TOKENIZER.sot]


def stock_choice(scores: torch.Tensor, before: list[list[int]]) -> tuple[list[int], list[float]]:
    tokens = torch.tensor([[*START, *line] for line in before])
    scores = scores.clone()
    SuppressTokens(never_said(TOKENIZER)).apply(scores, tokens)
    ApplyTimestampRules(TOKENIZER, len(START), 50).apply(scores, tokens)
    chosen = scores.argmax(-1)
    sure = scores.log_softmax(-1).gather(1, chosen[:, None])[:, 0]
    return chosen.tolist(), sure.tolist()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 5),
    steps=st.integers(1, 8),
    towards_times=st.sampled_from([0.0, 2.0, 6.0, 12.0]),
)
def test_every_step_chooses_as_stock_does(
    seed: int, rows: int, steps: int, towards_times: float
) -> None:
    random = torch.Generator().manual_seed(seed)
    past = Past.empty(rows, torch.device("cpu"))
    said: list[list[int]] = [[] for _ in range(rows)]
    for step in range(steps):
        scores = 4 * torch.randn(rows, WORDS, generator=random)
        scores[:, TOKENIZER.timestamp_begin :] += towards_times * torch.rand(
            rows, 1, generator=random
        )
        expected, expected_sure = stock_choice(scores, said)
        chosen, sure = RULES.choose(scores, past, step == 0, None, None)
        assert chosen.tolist() == expected
        np.testing.assert_allclose(sure.tolist(), expected_sure, atol=1e-4)
        for line, token in zip(said, chosen.tolist(), strict=True):
            line.append(token)


def test_luck_decides_only_where_it_is_hot() -> None:
    scores = torch.full((2, WORDS), -9.0)
    scores[:, TOKENIZER.timestamp_begin + 10] = 5.0
    scores[:, TOKENIZER.timestamp_begin + 20] = 5.1
    past = Past.empty(2, torch.device("cpu"))
    chosen, _ = RULES.choose(scores, past, True, torch.tensor([0.0, 1.0]), torch.tensor([0.2, 0.2]))
    assert (chosen - TOKENIZER.timestamp_begin).tolist() == [20, 10]


def test_chance_draws_by_the_probabilities() -> None:
    scores = torch.full((1, WORDS), -torch.inf)
    first = TOKENIZER.timestamp_begin
    scores[0, first + 1], scores[0, first + 2] = float(np.log(0.25)), float(np.log(0.75))
    for luck, expected in ((0.0, 1), (0.2499, 1), (0.2501, 2), (0.999999, 2)):
        past = Past.empty(1, torch.device("cpu"))
        chosen, sure = RULES.choose(
            scores.clone(), past, True, torch.tensor([1.0]), torch.tensor([luck])
        )
        assert chosen.item() - first == expected
        np.testing.assert_allclose(sure.exp().item(), 0.25 if expected == 1 else 0.75, rtol=1e-5)

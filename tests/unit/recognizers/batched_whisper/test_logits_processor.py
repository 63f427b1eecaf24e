"""The batched rules for logits, compared with openai-whisper's, which are applied row by row."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from whisper.decoding import ApplyTimestampRules, SuppressTokens
from whisper.tokenizer import get_tokenizer

from annotate.recognizers.batched_whisper.logits_processor import (
    LogitsProcessor,
    TimestampState,
    suppressed_tokens,
)

TOKENIZER = get_tokenizer(False)
WORDS = TOKENIZER.timestamp_begin + 1501
PROCESSOR = LogitsProcessor(TOKENIZER, WORDS, torch.device("cpu"))
START = [TOKENIZER.sot]


def stock_choice(logits: torch.Tensor, before: list[list[int]]) -> tuple[list[int], list[float]]:
    tokens = torch.tensor([[*START, *sequence] for sequence in before])
    logits = logits.clone()
    SuppressTokens(suppressed_tokens(TOKENIZER)).apply(logits, tokens)
    ApplyTimestampRules(TOKENIZER, len(START), 50).apply(logits, tokens)
    chosen = logits.argmax(-1)
    logprobs = logits.log_softmax(-1).gather(1, chosen[:, None])[:, 0]
    return chosen.tolist(), logprobs.tolist()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 5),
    steps=st.integers(1, 8),
    timestamp_bias=st.sampled_from([0.0, 2.0, 6.0, 12.0]),
)
def test_every_step_chooses_the_same_tokens_as_openai_whisper(
    seed: int, rows: int, steps: int, timestamp_bias: float
) -> None:
    random = torch.Generator().manual_seed(seed)
    state = TimestampState.empty(rows, torch.device("cpu"))
    sequences: list[list[int]] = [[] for _ in range(rows)]
    for step in range(steps):
        logits = 4 * torch.randn(rows, WORDS, generator=random)
        logits[:, TOKENIZER.timestamp_begin :] += timestamp_bias * torch.rand(
            rows, 1, generator=random
        )
        expected, expected_logprobs = stock_choice(logits, sequences)
        chosen, logprobs = PROCESSOR.choose(logits, state, step == 0, None, None)
        assert chosen.tolist() == expected
        np.testing.assert_allclose(logprobs.tolist(), expected_logprobs, atol=1e-4)
        for sequence, token in zip(sequences, chosen.tolist(), strict=True):
            sequence.append(token)


def test_sampling_applies_only_above_temperature_zero() -> None:
    logits = torch.full((2, WORDS), -9.0)
    logits[:, TOKENIZER.timestamp_begin + 10] = 5.0
    logits[:, TOKENIZER.timestamp_begin + 20] = 5.1
    state = TimestampState.empty(2, torch.device("cpu"))
    chosen, _ = PROCESSOR.choose(
        logits, state, True, torch.tensor([0.0, 1.0]), torch.tensor([0.2, 0.2])
    )
    assert (chosen - TOKENIZER.timestamp_begin).tolist() == [20, 10]


def test_sampling_follows_the_probabilities() -> None:
    logits = torch.full((1, WORDS), -torch.inf)
    first = TOKENIZER.timestamp_begin
    logits[0, first + 1], logits[0, first + 2] = float(np.log(0.25)), float(np.log(0.75))
    for uniform, expected in ((0.0, 1), (0.2499, 1), (0.2501, 2), (0.999999, 2)):
        state = TimestampState.empty(1, torch.device("cpu"))
        chosen, logprobs = PROCESSOR.choose(
            logits.clone(), state, True, torch.tensor([1.0]), torch.tensor([uniform])
        )
        assert chosen.item() - first == expected
        np.testing.assert_allclose(
            logprobs.exp().item(), 0.25 if expected == 1 else 0.75, rtol=1e-5
        )


def test_logits_that_are_no_numbers_give_a_token_all_the_same() -> None:
    """One window of a batch with such logits, as after an overflow, must not end the others."""
    logits = torch.full((2, WORDS), torch.nan)
    logits[1] = 0.0
    state = TimestampState.empty(2, torch.device("cpu"))
    uniform = torch.tensor([0.5, 0.5])
    chosen, logprobs = PROCESSOR.choose(logits, state, True, torch.tensor([0.4, 0.4]), uniform)
    assert 0 <= int(chosen[0]) < WORDS
    assert torch.isnan(logprobs[0])
    assert torch.isfinite(logprobs[1])

"""Greedy decoding of a batch of windows, with sampling where the temperature is above 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotate.recognizers.batched_whisper.cross_attention import CrossAttention
from annotate.recognizers.batched_whisper.logits_processor import LogitsProcessor, TimestampState
from annotate.recognizers.batched_whisper.network import ROWS, KeyValue, Network

_COMPACT_BELOW = 0.7
"""Unfinished sequences are compacted once they are less than this fraction of the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """The tokens decoded for one window.

    Attributes:
        tokens: Text and timestamps, without the prompt and the end.
        logprobs: Log-probability of each among the tokens that were allowed.
        avg_logprob: Mean log-probability of the tokens and the end.
        no_speech_prob: Probability of the token `<|nospeech|>`.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    avg_logprob: float
    no_speech_prob: float


@dataclass(slots=True)
class _ActiveRows:
    """Unfinished sequences, compacted; `index` is each one's row in the batch."""

    index: Tensor
    token: Tensor
    state: TimestampState
    kv_cache: list[KeyValue]
    cross: list[CrossAttention]
    temperature: Tensor | None
    uniform: Tensor | None

    def select(self, rows: Tensor | slice) -> None:
        """Keep these rows only, in this order."""
        self.index, self.token = self.index[rows], self.token[rows]
        self.state.select(rows)
        self.kv_cache = [KeyValue(*(part[rows] for part in pair)) for pair in self.kv_cache]
        for index, layer in enumerate(self.cross):  # one at a time: each may be a copy
            self.cross[index] = layer.select(rows)
        self.temperature = None if self.temperature is None else self.temperature[rows]
        self.uniform = None if self.uniform is None else self.uniform[rows]


class GreedyDecoder:
    """Takes the likeliest token at every step, or samples one where the temperature is above 0.

    Args:
        no_speech: The token `<|nospeech|>`.
        start: Position of `<|startoftranscript|>` in the prompts; its logits give `no_speech_prob`.
    """

    def __init__(self, network: Network, processor: LogitsProcessor, no_speech: int, start: int):
        self._network, self._processor = network, processor
        self._no_speech, self._start = no_speech, start

    def max_tokens(self, prompt: int) -> int:
        """The most tokens that can be decoded after a prompt of that length."""
        positions: int = self._network.dims.n_text_ctx
        return min(positions // 2, positions - prompt + 1)

    def decode(
        self,
        cross: Sequence[CrossAttention],
        prompts: Tensor,
        temperatures: Sequence[float],
        uniform: NDArray[np.float64],
    ) -> list[Hypothesis]:
        """Decode the rows of a batch.

        Args:
            cross: From `Network.encode`, of a multiple of `ROWS` rows.
            prompts: Tokens to begin with; shape (rows, tokens).
            temperatures: One for each row to decode; the rows after these are padding.
            uniform: Random numbers in [0, 1) for sampling; shape (rows to decode, `max_tokens`).
        """
        count, total, eot = len(temperatures), len(prompts), self._processor.eot
        length = self.max_tokens(prompts.shape[1])
        tokens = torch.full((total, length), eot, device=prompts.device)
        logprobs = torch.zeros((total, length), device=prompts.device)
        rows = self._initial_rows(cross, prompts, temperatures, uniform, length)
        logits, no_speech = self._prefill(rows, prompts)
        for step in range(length):
            drawn = None if rows.uniform is None else rows.uniform[:, step]
            token, logprob = self._processor.choose(
                logits, rows.state, step == 0, rows.temperature, drawn
            )
            active = rows.token != eot
            token = torch.where(active, token, eot)
            tokens[rows.index, step] = token
            logprobs[rows.index, step] = logprob * active
            rows.token = token
            if not self._compact(rows) or step == length - 1:
                break
            hidden = self._network.decoder_step(
                rows.token[:, None], prompts.shape[1] + step, rows.kv_cache, rows.cross
            )
            logits = self._network.logits(hidden[:, 0])
        return self._hypotheses(tokens[:count], logprobs[:count], no_speech[:count])

    def _initial_rows(
        self,
        cross: Sequence[CrossAttention],
        prompts: Tensor,
        temperatures: Sequence[float],
        uniform: NDArray[np.float64],
        length: int,
    ) -> _ActiveRows:
        total, device = len(prompts), prompts.device
        token = prompts[:, -1].clone()
        token[len(temperatures) :] = self._processor.eot  # padding has ended before it begins
        padded = [*temperatures, *[0.0] * (total - len(temperatures))]
        sampling = any(temperatures)
        drawn = np.pad(uniform, ((0, total - len(uniform)), (0, 0))) if sampling else None
        return _ActiveRows(
            index=torch.arange(total, device=device),
            token=token,
            state=TimestampState.empty(total, device),
            kv_cache=self._network.kv_cache(total, prompts.shape[1] + length),
            cross=list(cross),
            temperature=torch.tensor(padded, device=device) if sampling else None,
            uniform=torch.from_numpy(drawn).to(device) if drawn is not None else None,
        )

    def _prefill(self, rows: _ActiveRows, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Decode the prompts: the logits of the next token, and the probability of no speech."""
        hidden = self._network.decoder_step(prompts, 0, rows.kv_cache, rows.cross)
        at_start = self._network.logits(hidden[:, self._start])
        no_speech = at_start.softmax(-1)[:, self._no_speech]
        return self._network.logits(hidden[:, -1]), no_speech

    def _compact(self, rows: _ActiveRows) -> bool:
        """Drop finished sequences where that saves time; False if all have finished.

        Batches begin with their longest windows, so the last rows finish first as a rule: dropping
        those is a slice, which copies nothing.
        """
        active = (rows.token != self._processor.eot).nonzero()[:, 0].tolist()
        if not active:
            return False
        size, count = len(rows.token), len(active)
        sliced, compacted = _padded(active[-1] + 1), _padded(count)
        if compacted < _COMPACT_BELOW * sliced:
            finished = sorted(set(range(size)) - set(active))[: compacted - count]
            rows.select(torch.tensor([*active, *finished], device=rows.token.device))
        elif sliced < size:
            rows.select(slice(sliced))
        return True

    def _hypotheses(self, tokens: Tensor, logprobs: Tensor, no_speech: Tensor) -> list[Hypothesis]:
        hypotheses, eot = [], self._processor.eot
        for row, row_logprobs, probability in zip(
            tokens.tolist(), logprobs.tolist(), no_speech.tolist(), strict=True
        ):
            length = row.index(eot) if eot in row else len(row)
            hypotheses.append(
                Hypothesis(
                    tokens=tuple(row[:length]),
                    logprobs=tuple(row_logprobs[:length]),
                    avg_logprob=math.fsum(row_logprobs) / (length + 1),
                    no_speech_prob=probability,
                )
            )
        return hypotheses


def _padded(count: int) -> int:
    """The next multiple of `ROWS`."""
    return -(-count // ROWS) * ROWS

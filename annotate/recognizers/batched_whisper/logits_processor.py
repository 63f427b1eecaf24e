"""Choose the next token: openai-whisper's rules for text and timestamps, for all rows at once.

The rules are those of `whisper.decoding` (SuppressBlank, SuppressTokens, ApplyTimestampRules,
GreedyDecoder): timestamps come in pairs, never decrease, and are chosen where together they are
likelier than any text token. openai-whisper loops over the rows; here each rule is one tensor
operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from annotate.recognizers.batched_whisper.timestamp_segments import FRAME_MS

_FIRST_MS = 1_000
"""The latest time at which a window's first segment may begin."""


@dataclass(slots=True)
class TimestampState:
    """The timestamps among each row's tokens so far; each of shape (rows,)."""

    time: Tensor
    """The last timestamp, counted from the first one there is; -1 before there is one."""
    time_last: Tensor
    time_before: Tensor
    """Whether the last token, and the one before it, was a timestamp; true before there is one."""

    @classmethod
    def empty(cls, rows: int, device: torch.device) -> TimestampState:
        """The state before the first token."""
        return cls(
            torch.full((rows,), -1, device=device),
            torch.zeros(rows, dtype=torch.bool, device=device),
            torch.ones(rows, dtype=torch.bool, device=device),
        )

    def select(self, rows: Tensor | slice) -> None:
        """Keep these rows only."""
        self.time, self.time_last = self.time[rows], self.time_last[rows]
        self.time_before = self.time_before[rows]


class LogitsProcessor:
    """Masks logits by openai-whisper's rules and chooses a token for each row.

    Args:
        tokenizer: openai-whisper's.
        vocabulary: How many tokens there are.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, device: torch.device):
        self.eot: int = tokenizer.eot
        self.timestamp_begin: int = tokenizer.timestamp_begin
        self._suppressed = torch.zeros(vocabulary, device=device)
        self._suppressed[[*suppressed_tokens(tokenizer), tokenizer.no_timestamps]] = -torch.inf
        self._timestamp_indices = torch.arange(vocabulary - self.timestamp_begin, device=device)

    def choose(
        self,
        logits: Tensor,
        state: TimestampState,
        first: bool,
        temperatures: Tensor | None,
        uniform: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The next token of each row, and its log-probability among those allowed.

        Args:
            logits: Shape (rows, vocabulary); changed in place.
            first: Whether these are the rows' first tokens.
            temperatures: 0 takes the likeliest token; shape (rows,). None: all 0.
            uniform: Random numbers in [0, 1), used where temperature > 0; shape (rows,).
        """
        self._mask(logits, state, first)
        others, timestamps = logits[:, : self.timestamp_begin], logits[:, self.timestamp_begin :]
        word = others.argmax(-1, keepdim=True)
        likeliest = others.gather(1, word)
        in_times = timestamps.logsumexp(-1)
        timed = in_times > likeliest[:, 0]
        chosen = torch.where(timed, self.timestamp_begin + timestamps.argmax(-1), word[:, 0])
        # As `logsumexp`, by way of the faster kernel.
        in_others = (likeliest - others.log_softmax(-1).gather(1, word))[:, 0]
        total = torch.where(timed, in_times, torch.logaddexp(in_others, in_times))
        if temperatures is not None and uniform is not None:
            others.masked_fill_(timed[:, None], -torch.inf)
            sampled = temperatures > 0
            chosen[sampled] = _sample(logits[sampled], temperatures[sampled], uniform[sampled])
        logprobs = logits.gather(1, chosen[:, None])[:, 0] - total
        _update(state, chosen - self.timestamp_begin, first)
        return chosen, logprobs

    def _mask(self, logits: Tensor, state: TimestampState, first: bool) -> None:
        logits += self._suppressed
        timestamps = logits[:, self.timestamp_begin :]
        if first:  # a window begins with a timestamp of its first second
            logits[:, : self.timestamp_begin] = -torch.inf
            timestamps[:, _FIRST_MS // FRAME_MS + 1 :] = -torch.inf
            return
        closed = state.time_last & state.time_before
        opened = state.time_last & ~state.time_before
        # A closing timestamp may be followed by the same one as an opening one.
        lowest = state.time + 1 - opened.long()
        timestamps.masked_fill_(
            (self._timestamp_indices < lowest[:, None]) | closed[:, None], -torch.inf
        )
        # Over so many tokens a sum is several times as fast as a mask.
        logits[:, : self.eot] += torch.where(opened, -torch.inf, 0.0)[:, None]


def _update(state: TimestampState, numbers: Tensor, first: bool) -> None:
    """Add the chosen tokens to the state; `numbers` counts timestamps from 0, text is below 0."""
    is_time = numbers >= 0
    state.time = torch.where(is_time, numbers, state.time)
    state.time_before = torch.ones_like(is_time) if first else state.time_last
    state.time_last = is_time


def _sample(logits: Tensor, temperatures: Tensor, uniform: Tensor) -> Tensor:
    """Inverse transform sampling: where `uniform` falls in the cumulative distribution."""
    summed = (logits / temperatures[:, None]).double().softmax(-1).cumsum(-1)
    threshold = (uniform.double()[:, None] * summed[:, -1:]).clamp(max=summed[:, -1:] * (1 - 1e-12))
    found = torch.searchsorted(summed, threshold, right=True)[:, 0]
    return found.clamp(max=logits.shape[-1] - 1)  # past the end where logits are no numbers


def suppressed_tokens(tokenizer: Any) -> list[int]:
    """Tokens that are never chosen: non-speech tokens, and the decoder's special tokens."""
    special = {
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    }
    return sorted({*tokenizer.non_speech_tokens, *special})

"""Which token comes next: openai-whisper's rules for text and timestamps, over all rows at once.

The rules are those of `whisper.decoding` (SuppressBlank, SuppressTokens, ApplyTimestampRules,
GreedyDecoder): timestamps come in pairs, never go back, and win where together they are likelier
than any one word. There a loop goes over the rows; here each rule is one comparison for all.
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
class Past:
    """What the rules must know of each row's tokens so far; each of shape (rows,)."""

    time: Tensor
    """The last timestamp, counted from the first one there is; -1 before there is one."""
    time_last: Tensor
    time_before: Tensor
    """Whether the last token, and the one before it, was a timestamp; true before there is one."""

    @classmethod
    def empty(cls, rows: int, device: torch.device) -> Past:
        """Before anything was said."""
        return cls(
            torch.full((rows,), -1, device=device),
            torch.zeros(rows, dtype=torch.bool, device=device),
            torch.ones(rows, dtype=torch.bool, device=device),
        )

    def keep(self, rows: Tensor | slice) -> None:
        """Forget all other rows."""
        self.time, self.time_last = self.time[rows], self.time_last[rows]
        self.time_before = self.time_before[rows]


class Rules:
    """The choice among a vocabulary's tokens.

    Args:
        tokenizer: openai-whisper's.
        words: Size of the vocabulary.
    """

    def __init__(self, tokenizer: Any, words: int, device: torch.device):
        self.end: int = tokenizer.eot
        self.times: int = tokenizer.timestamp_begin
        self._never = torch.zeros(words, device=device)
        self._never[[*never_said(tokenizer), tokenizer.no_timestamps]] = -torch.inf
        self._numbers = torch.arange(words - self.times, device=device)

    def choose(
        self, scores: Tensor, past: Past, first: bool, heat: Tensor | None, luck: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The next token of each row, and its log-probability among those allowed.

        Args:
            scores: Logits of shape (rows, words); changed in place.
            first: Whether these are the rows' first tokens.
            heat: Temperatures, of which 0 takes the likeliest; shape (rows,). None: all 0.
            luck: Numbers in [0, 1) that decide where the temperature is not 0; shape (rows,).
        """
        self._forbid(scores, past, first)
        others, times = scores[:, : self.times], scores[:, self.times :]
        word = others.argmax(-1, keepdim=True)
        likeliest = others.gather(1, word)
        in_times = times.logsumexp(-1)
        timed = in_times > likeliest[:, 0]
        chosen = torch.where(timed, self.times + times.argmax(-1), word[:, 0])
        # As `logsumexp`, by way of the faster kernel.
        in_others = (likeliest - others.log_softmax(-1).gather(1, word))[:, 0]
        total = torch.where(timed, in_times, torch.logaddexp(in_others, in_times))
        if heat is not None and luck is not None:
            others.masked_fill_(timed[:, None], -torch.inf)
            hot = heat > 0
            chosen[hot] = _draw(scores[hot], heat[hot], luck[hot])
        sure = scores.gather(1, chosen[:, None])[:, 0] - total
        _remember(past, chosen - self.times, first)
        return chosen, sure

    def _forbid(self, scores: Tensor, past: Past, first: bool) -> None:
        scores += self._never
        times = scores[:, self.times :]
        if first:  # a window opens with a timestamp, and early
            scores[:, : self.times] = -torch.inf
            times[:, _FIRST_MS // FRAME_MS + 1 :] = -torch.inf
            return
        closed = past.time_last & past.time_before
        opened = past.time_last & ~past.time_before
        # A closing timestamp may be followed by the same one as an opening one.
        lowest = past.time + 1 - opened.long()
        times.masked_fill_((self._numbers < lowest[:, None]) | closed[:, None], -torch.inf)
        # Over so many words a sum is several times as fast as a mask.
        scores[:, : self.end] += torch.where(opened, -torch.inf, 0.0)[:, None]


def _remember(past: Past, numbers: Tensor, first: bool) -> None:
    """Note the tokens chosen, each as a timestamp's number; others are negative."""
    is_time = numbers >= 0
    past.time = torch.where(is_time, numbers, past.time)
    past.time_before = torch.ones_like(is_time) if first else past.time_last
    past.time_last = is_time


def _draw(scores: Tensor, heat: Tensor, luck: Tensor) -> Tensor:
    """A token by chance, from one number: where it falls among the summed probabilities."""
    summed = (scores / heat[:, None]).double().softmax(-1).cumsum(-1)
    place = (luck.double()[:, None] * summed[:, -1:]).clamp(max=summed[:, -1:] * (1 - 1e-12))
    return torch.searchsorted(summed, place, right=True)[:, 0]


def never_said(tokenizer: Any) -> list[int]:
    """Tokens that are never said: sounds that aren't speech, and those that steer the decoder."""
    steering = {
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    }
    return sorted({*tokenizer.non_speech_tokens, *steering})

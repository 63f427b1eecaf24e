"""A batch of windows to tokens, all rows in step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from annotate.recognizers.batched_whisper.logits_processor import Past, Rules
from annotate.recognizers.batched_whisper.network import ROWS, KeyValue, Network

_WORTH_MOVING = 0.7
"""Rows that still speak move together once they are less than this share of the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was read out of one window.

    Attributes:
        tokens: Text and timestamps, without the prompt and the end.
        logprobs: How sure of each, among those that could have come.
        avg_logprob: Mean log-probability of the tokens and the end.
        no_speech_prob: Of the token that says that nobody speaks.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    avg_logprob: float
    no_speech_prob: float


@dataclass(slots=True)
class _Rows:
    """The rows that still speak, packed together; `place` says where each belongs."""

    place: Tensor
    token: Tensor
    past: Past
    memory: list[KeyValue]
    heard: list[KeyValue]
    heat: Tensor | None
    luck: Tensor | None

    def keep(self, rows: Tensor | slice) -> None:
        """Move these rows together and forget the others."""
        self.place, self.token = self.place[rows], self.token[rows]
        self.past.keep(rows)
        self.memory = [KeyValue(*(kept[rows] for kept in pair)) for pair in self.memory]
        self.heard = [KeyValue(*(kept[rows] for kept in pair)) for pair in self.heard]
        self.heat = None if self.heat is None else self.heat[rows]
        self.luck = None if self.luck is None else self.luck[rows]


class Greedy:
    """Takes the likeliest token at every step; where a row is hot, one by chance.

    Args:
        no_speech: The token that says that nobody speaks.
        start: Where in a prompt the token is after which `no_speech` may come.
    """

    def __init__(self, network: Network, rules: Rules, no_speech: int, start: int):
        self._network, self._rules = network, rules
        self._no_speech, self._start = no_speech, start

    def longest(self, prompt: int) -> int:
        """How many tokens a window may have after a prompt of that length."""
        positions: int = self._network.dims.n_text_ctx
        return min(positions // 2, positions - prompt + 1)

    def speak(
        self,
        heard: list[KeyValue],
        prompts: Tensor,
        heat: Sequence[float],
        luck: NDArray[np.float64],
    ) -> list[Line]:
        """Read out every row.

        Args:
            heard: As `Network.listen` gives it, of a multiple of `ROWS` rows.
            prompts: Tokens to begin with; shape (rows, tokens).
            heat: A temperature for each row that is wanted; rows beyond them only fill up.
            luck: Numbers in [0, 1) for hot rows; shape (rows wanted, longest).
        """
        wanted, total = len(heat), len(prompts)
        length = self.longest(prompts.shape[1])
        said = torch.full((total, length), self._rules.end, device=prompts.device)
        sure = torch.zeros((total, length), device=prompts.device)
        rows = self._begin(heard, prompts, heat, luck, length)
        scores, silent = self._open(rows, prompts)
        for step in range(length):
            luck_now = None if rows.luck is None else rows.luck[:, step]
            token, logprob = self._rules.choose(scores, rows.past, step == 0, rows.heat, luck_now)
            speaking = rows.token != self._rules.end
            token = torch.where(speaking, token, self._rules.end)
            said[rows.place, step] = token
            sure[rows.place, step] = logprob * speaking
            rows.token = token
            if not self._pack(rows) or step == length - 1:
                break
            read = self._network.read(
                rows.token[:, None], prompts.shape[1] + step, rows.memory, rows.heard
            )
            scores = self._network.logits(read[:, 0])
        return self._lines(said[:wanted], sure[:wanted], silent[:wanted])

    def _begin(
        self,
        heard: list[KeyValue],
        prompts: Tensor,
        heat: Sequence[float],
        luck: NDArray[np.float64],
        length: int,
    ) -> _Rows:
        total, device = len(prompts), prompts.device
        token = prompts[:, -1].clone()
        token[len(heat) :] = self._rules.end  # rows that only fill up say nothing
        filled = [*heat, *[0.0] * (total - len(heat))]
        hot = any(heat)
        padded = np.pad(luck, ((0, total - len(luck)), (0, 0))) if hot else None
        return _Rows(
            place=torch.arange(total, device=device),
            token=token,
            past=Past.empty(total, device),
            memory=self._network.memory(total, prompts.shape[1] + length),
            heard=heard,
            heat=torch.tensor(filled, device=device) if hot else None,
            luck=torch.from_numpy(padded).to(device) if padded is not None else None,
        )

    def _open(self, rows: _Rows, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Read the prompts: the scores that follow, and how likely it is that nobody speaks."""
        read = self._network.read(prompts, 0, rows.memory, rows.heard)
        at_start = self._network.logits(read[:, self._start])
        silent = at_start.softmax(-1)[:, self._no_speech]
        return self._network.logits(read[:, -1]), silent

    def _pack(self, rows: _Rows) -> bool:
        """Let go of rows that have ended where that pays; False if all have.

        Batches begin with their longest windows, so it is the last rows that end first: leaving
        them out copies nothing.
        """
        speaking = (rows.token != self._rules.end).nonzero()[:, 0].tolist()
        if not speaking:
            return False
        held, count = len(rows.token), len(speaking)
        room, needed = _filled(speaking[-1] + 1), _filled(count)
        if needed < _WORTH_MOVING * room:
            ended = sorted(set(range(held)) - set(speaking))[: needed - count]
            rows.keep(torch.tensor([*speaking, *ended], device=rows.token.device))
        elif room < held:
            rows.keep(slice(room))
        return True

    def _lines(self, said: Tensor, sure: Tensor, silent: Tensor) -> list[Line]:
        lines = []
        for tokens, logprobs, probability in zip(
            said.tolist(), sure.tolist(), silent.tolist(), strict=True
        ):
            ended = self._rules.end in tokens
            length = tokens.index(self._rules.end) if ended else len(tokens)
            lines.append(
                Line(
                    tokens=tuple(tokens[:length]),
                    logprobs=tuple(logprobs[:length]),
                    avg_logprob=math.fsum(logprobs) / (length + 1),
                    no_speech_prob=probability,
                )
            )
        return lines


def _filled(count: int) -> int:
    return -(-count // ROWS) * ROWS

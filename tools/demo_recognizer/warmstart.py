"""Begin with the weights of an earlier checkpoint of the same dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from export import FIRST_TIMESTAMP, UNKNOWN
from network import Recognizer
from tokens import TIMESTAMPS, known_tokens
from torch import Tensor


@torch.no_grad()
def start_from(network: Recognizer, checkpoint: Path) -> int:
    """Take over all weights and the tokens that both know; says how many tokens those are.

    A new token begins near the mean of the known ones.
    """
    saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights: dict[str, Tensor] = {
        name: weight.float() for name, weight in saved["model_state_dict"].items()
    }
    old = weights.pop("decoder.token_embedding.weight")
    network.whisper.load_state_dict(weights, strict=False)
    known = torch.tensor(known_tokens())
    taken = (old[known, 0] != UNKNOWN) | (old[known, 1:] != 0).any(1)
    rows = network.whisper.decoder.token_embedding.weight
    rows[taken] = old[known[taken]]
    mean = old[known[taken]].mean(0)
    rows[~taken] = mean + rows[~taken]
    _fit_times(network, old[FIRST_TIMESTAMP : FIRST_TIMESTAMP + TIMESTAMPS])
    network.pin()
    return int(taken.sum())


def _fit_times(network: Recognizer, rows: Tensor) -> None:
    """The linear map of the sinusoids that gives these timestamp rows, by least squares."""
    times = torch.cat([network.times, torch.ones(TIMESTAMPS, 1)], 1).double()
    ridge = 1e-4 * torch.eye(times.shape[1], dtype=torch.double)
    solved = torch.linalg.solve(times.T @ times + ridge, times.T @ rows.double()).float()
    network.time_map.weight.copy_(solved[:-1].T)
    network.time_map.bias.copy_(solved[-1])

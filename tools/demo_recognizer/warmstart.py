"""Warm start: initialize from an earlier checkpoint of the same dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from export import FIRST_TIMESTAMP, UNTRAINED_LOGIT
from network import Recognizer
from tokens import TIMESTAMPS, trained_tokens
from torch import Tensor


@torch.no_grad()
def load_weights(network: Recognizer, checkpoint: Path) -> int:
    """Copy all weights, and the embeddings of tokens trained in both; returns their number.

    The embedding of a new token starts near the mean of these.
    """
    checkpoint_dict: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    weights: dict[str, Tensor] = {
        name: weight.float() for name, weight in checkpoint_dict["model_state_dict"].items()
    }
    old = weights.pop("decoder.token_embedding.weight")
    network.whisper.load_state_dict(weights, strict=False)
    trained = torch.tensor(trained_tokens())
    available = (old[trained, 0] != UNTRAINED_LOGIT) | (old[trained, 1:] != 0).any(1)
    rows = network.whisper.decoder.token_embedding.weight
    rows[available] = old[trained[available]]
    mean = old[trained[available]].mean(0)
    rows[~available] = mean + rows[~available]
    _fit_timestamp_map(network, old[FIRST_TIMESTAMP : FIRST_TIMESTAMP + TIMESTAMPS])
    network.pin_bias()
    return int(available.sum())


def _fit_timestamp_map(network: Recognizer, rows: Tensor) -> None:
    """Fit the linear map from sinusoids to these timestamp embeddings, by least squares."""
    times = torch.cat([network.times, torch.ones(TIMESTAMPS, 1)], 1).double()
    ridge = 1e-4 * torch.eye(times.shape[1], dtype=torch.double)
    solved = torch.linalg.solve(times.T @ times + ridge, times.T @ rows.double()).float()
    network.time_map.weight.copy_(solved[:-1].T)
    network.time_map.bias.copy_(solved[-1])

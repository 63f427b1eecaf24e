"""Whisper's log-mel features, before their normalization by the window's maximum."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from whisper.audio import HOP_LENGTH, N_FFT, mel_filters

MELS = 80
FLOOR = -10.0
"""log10 of the power at which Whisper clips from below."""


@lru_cache(maxsize=1)
def _filters_and_window() -> tuple[torch.Tensor, torch.Tensor]:
    return mel_filters("cpu", MELS), torch.hann_window(N_FFT)


@lru_cache(maxsize=1)
def bins() -> NDArray[np.float32]:
    """The effective number of spectrum bins averaged in each mel band."""
    filters = mel_filters("cpu", MELS).numpy()
    return np.asarray(filters.sum(1) ** 2 / (filters**2).sum(1), dtype=np.float32)


def power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel power of 16 kHz samples; shape (frames, 80), a hundred frames a second."""
    filters, window = _filters_and_window()
    spectrum = torch.stft(
        torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32)),
        N_FFT,
        HOP_LENGTH,
        window=window,
        return_complex=True,
    )
    mel = filters @ (spectrum[..., :-1].abs() ** 2)
    return np.asarray(mel.T.numpy(), dtype=np.float32)


def log_power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """log10 of `power`, at least `FLOOR`."""
    return np.log10(np.maximum(power(samples), np.float32(10.0**FLOOR)))

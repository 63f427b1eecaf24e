"""Log-mel spectrograms of many windows at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from whisper.audio import HOP_LENGTH, N_FFT, N_SAMPLES, mel_filters

from annotate.media.audio import Samples

_AT_ONCE = {"cpu": 1, "cuda": 64}


def log_mel(windows: Sequence[Samples], mels: int, device: torch.device) -> Tensor:
    """Each window, padded with silence to 30 s, as in `whisper.log_mel_spectrogram`.

    That function scales by the loudest frame of its whole input; here each window has its own.

    Args:
        windows: Mono at 16 kHz, at most 30 s each.
        mels: Bands of frequency, 80 or 128.

    Returns:
        Shape (windows, mels, 3000).
    """
    filters = mel_filters(device, mels)
    shape = torch.hann_window(N_FFT, device=device)
    step = _AT_ONCE[device.type]
    parts = []
    for first in range(0, len(windows), step):
        several = windows[first : first + step]
        samples = np.zeros((len(several), N_SAMPLES), dtype=np.float32)
        for row, window in zip(samples, several, strict=True):
            row[: len(window)] = window
        spectrum = torch.stft(
            torch.from_numpy(samples).to(device, non_blocking=True),
            N_FFT,
            HOP_LENGTH,
            window=shape,
            return_complex=True,
        )
        power = filters @ spectrum[..., :-1].abs() ** 2
        logarithm = power.clamp(min=1e-10).log10()
        top = logarithm.amax((-2, -1), keepdim=True)
        parts.append((torch.maximum(logarithm, top - 8) + 4) / 4)
    return torch.cat(parts)

"""Data augmentation of a window's log-mel frames, and Whisper's normalization of them."""

from __future__ import annotations

import random

import numpy as np
from features import FLOOR, MELS, bins
from non_speech import AuxiliaryAudio, background_noise
from numpy.typing import NDArray

Frames = NDArray[np.float32]


def equalize(frames: Frames, rng: random.Random) -> Frames:
    """A random, smooth frequency response, in one case of ten with the high bands attenuated."""
    knots = [rng.gauss(0, 0.3) for _ in range(6)]
    curve = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 6), knots)
    if rng.random() < 0.1:
        curve[rng.randint(45, 75) :] -= rng.uniform(1, 4)
    return np.asarray(frames + curve, dtype=np.float32)


def perturb_vocal_tract(frames: Frames, rng: random.Random) -> Frames:
    """Vocal tract length perturbation (Jaitly and Hinton, 2013): shift all formants up or down.

    The frequency axis is warped on the mel scale, an approximation of the paper's warp in hertz.
    """
    factor = rng.triangular(0.86, 1.16, 1)
    source = np.minimum(np.arange(MELS) * np.float32(factor), MELS - 1)
    low = np.minimum(source.astype(np.int64), MELS - 2)
    fraction = (source - low).astype(np.float32)
    return frames[:, low] * (1 - fraction) + frames[:, low + 1] * fraction


def add_noise(frames: Frames, auxiliary: AuxiliaryAudio, rng: random.Random) -> Frames:
    """Add noise 18 to 60 dB below the loudest cell, with a random phase relative to the speech."""
    below_peak = rng.triangular(1.8, 6, 3.6)
    knots = [rng.gauss(0, 0.4) for _ in range(4)]
    tilt = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 4), knots)
    level = (10 ** (frames.max() - below_peak + tilt)).astype(np.float32)
    speech, noise = 10**frames, background_noise(auxiliary, len(frames), rng) * level
    phase = np.random.default_rng(rng.getrandbits(32)).standard_normal(frames.shape, np.float32)
    mixed = speech + noise + np.sqrt(2 * speech * noise / bins()) * phase
    return np.log10(np.maximum(mixed, 0.1 * noise))


def mask_bands(scaled: Frames, rng: random.Random) -> Frames:
    """SpecAugment's frequency masking (Park et al., 2019): two bands are set to the mean."""
    masked = scaled.copy()
    for _ in range(2):
        width = rng.randint(1, 8)
        low = rng.randrange(MELS - width)
        masked[:, low : low + width] = scaled.mean()
    return masked


def normalize(frames: Frames, headroom: float = 0.0) -> Frames:
    """Whisper's normalization: clip to 8 (log10) below the maximum, then scale.

    `headroom` is how far (log10) the recording's maximum is above this window's.
    """
    frames = np.maximum(frames, np.float32(FLOOR))
    top = frames.max() + np.float32(headroom)
    return (np.maximum(frames, top - 8) + 4) / 4


def augment(
    frames: Frames, audio_frames: int, auxiliary: AuxiliaryAudio, rng: random.Random
) -> Frames:
    """Apply each augmentation with some probability, with Whisper's normalization in between.

    Only the first `audio_frames` frames are audio; the rest is the window's padding with silence.
    """
    audio = frames[:audio_frames]
    if rng.random() < 0.4:
        audio = perturb_vocal_tract(audio, rng)
    if rng.random() < 0.7:
        audio = equalize(audio, rng)
    if rng.random() < 0.65:
        audio = add_noise(audio, auxiliary, rng)
    full = np.full_like(frames, FLOOR)
    full[:audio_frames] = audio + np.float32(rng.uniform(-2.5, 0.5))
    scaled = normalize(full, headroom=rng.uniform(0, 0.4) if rng.random() < 0.7 else 0.0)
    return mask_bands(scaled, rng) if rng.random() < 0.2 else scaled

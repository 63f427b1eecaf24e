"""What happens to a window's log-mel frames on the way to the network."""

from __future__ import annotations

import random

import numpy as np
from features import FLOOR, MELS, bins
from numpy.typing import NDArray
from sounds import Sounds, background

Frames = NDArray[np.float32]


def color(frames: Frames, chance: random.Random) -> Frames:
    """Another microphone: a gentle equalizer, at times with its highs cut off."""
    knots = [chance.gauss(0, 0.3) for _ in range(6)]
    curve = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 6), knots)
    if chance.random() < 0.1:
        curve[chance.randint(45, 75) :] -= chance.uniform(1, 4)
    return np.asarray(frames + curve, dtype=np.float32)


def stretch(frames: Frames, chance: random.Random) -> Frames:
    """Another mouth: all resonances higher or lower (vocal tract length perturbation).

    After Jaitly and Hinton (2013), here along the mel scale, which is near enough.
    """
    factor = chance.triangular(0.86, 1.16, 1)
    place = np.minimum(np.arange(MELS) * np.float32(factor), MELS - 1)
    low = np.minimum(place.astype(np.int64), MELS - 2)
    part = (place - low).astype(np.float32)
    return frames[:, low] * (1 - part) + frames[:, low + 1] * part


def add_noise(frames: Frames, sounds: Sounds, chance: random.Random) -> Frames:
    """Noise 18 to 60 dB under the loudest cell, in and out of phase with the speech."""
    under = chance.triangular(1.8, 6, 3.6)
    knots = [chance.gauss(0, 0.4) for _ in range(4)]
    tilt = np.interp(np.arange(MELS), np.linspace(0, MELS - 1, 4), knots)
    loud = (10 ** (frames.max() - under + tilt)).astype(np.float32)
    speech, noise = 10**frames, background(sounds, len(frames), chance) * loud
    phase = np.random.default_rng(chance.getrandbits(32)).standard_normal(frames.shape, np.float32)
    together = speech + noise + np.sqrt(2 * speech * noise / bins()) * phase
    return np.log10(np.maximum(together, 0.1 * noise))


def mask(scaled: Frames, chance: random.Random) -> Frames:
    """SpecAugment's bands (Park et al., 2019): two bands of frequency take the mean."""
    masked = scaled.copy()
    for _ in range(2):
        width = chance.randint(1, 8)
        low = chance.randrange(MELS - width)
        masked[:, low : low + width] = scaled.mean()
    return masked


def scale(frames: Frames, louder: float = 0.0) -> Frames:
    """Whisper's own scaling; `louder` says how far the recording's loudest frame is above ours."""
    frames = np.maximum(frames, np.float32(FLOOR))
    top = frames.max() + np.float32(louder)
    return (np.maximum(frames, top - 8) + 4) / 4


def augment(frames: Frames, heard: int, sounds: Sounds, chance: random.Random) -> Frames:
    """Mouth, color, noise and level by chance, then Whisper's scaling and bands masked by chance.

    Only the first `heard` frames are sound; the rest is the digital silence that fills a window.
    """
    sound = frames[:heard]
    if chance.random() < 0.4:
        sound = stretch(sound, chance)
    if chance.random() < 0.7:
        sound = color(sound, chance)
    if chance.random() < 0.65:
        sound = add_noise(sound, sounds, chance)
    full = np.full_like(frames, FLOOR)
    full[:heard] = sound + np.float32(chance.uniform(-2.5, 0.5))
    scaled = scale(full, louder=chance.uniform(0, 0.4) if chance.random() < 0.7 else 0.0)
    return mask(scaled, chance) if chance.random() < 0.2 else scaled

"""Sounds without speech, as log-mel frames: what the recognizer must learn to pass over."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from features import MELS, log_power, power
from numpy.typing import NDArray
from others import make_others
from takes import HEARD_RATE, Samples

SECONDS = 31
_COUNT = SECONDS * HEARD_RATE

Frames = NDArray[np.float32]


@dataclass(frozen=True)
class Sounds:
    """Backgrounds to put under speech, and whole sounds to hear alone.

    Attributes:
        backgrounds: Mel power of noise, mean 1; shape (kinds, frames, 80).
        alone: log10 mel power of a sound each; shape (sounds, frames, 80).
        others: The same of speech of other words.
    """

    backgrounds: Frames
    alone: NDArray[np.float16]
    others: NDArray[np.float16]


def make_sounds(count: int = 48, seed: int = 7) -> Sounds:
    """All sounds; the same seed gives the same sounds."""
    chance = random.Random(f"sounds {seed}")
    noises = [power(tilted_noise(tilt, chance)) for tilt in (0.0, 0.5, 1.0)]
    kinds: tuple[Callable[[random.Random], Samples], ...] = (hum, tone, sweep, clicks, murmur, hiss)
    alone = [log_power(kinds[index % len(kinds)](chance)) for index in range(count)]
    return Sounds(
        np.stack([noise / noise.mean() for noise in noises]),
        np.stack(alone).astype(np.float16),
        make_others(),
    )


def tilted_noise(tilt: float, chance: random.Random) -> Samples:
    """Noise whose amplitude falls with frequency to the power of `tilt`; RMS 0.05."""
    white = np.random.default_rng(chance.getrandbits(32)).standard_normal(_COUNT)
    frequency = np.maximum(np.fft.rfftfreq(_COUNT, 1 / HEARD_RATE), 40)
    noise = np.fft.irfft(np.fft.rfft(white) / frequency**tilt, _COUNT)
    return np.asarray(noise * (0.05 / np.std(noise)), dtype=np.float32)


def hum(chance: random.Random) -> Samples:
    """Mains hum with a few harmonics, and a little noise or none."""
    base = chance.choice((50, 60, 100, 120)) * chance.uniform(0.99, 1.01)
    time = np.arange(_COUNT) / HEARD_RATE
    sound = np.zeros(_COUNT)
    for harmonic in range(1, chance.randint(2, 9)):
        loud = chance.uniform(0.2, 1) / harmonic
        sound += loud * np.sin(2 * np.pi * base * harmonic * time + chance.uniform(0, 6))
    return _level(sound, chance) + _faint_noise(chance)


def tone(chance: random.Random) -> Samples:
    """A steady or beeping tone between 90 and 4,000 Hz."""
    time = np.arange(_COUNT) / HEARD_RATE
    sound = np.sin(2 * np.pi * 90 * (4000 / 90) ** chance.random() * time)
    if chance.random() < 0.5:
        sound *= (time * chance.uniform(0.3, 3)) % 1 < chance.uniform(0.2, 0.8)
    return _level(sound, chance) + _faint_noise(chance)


def sweep(chance: random.Random) -> Samples:
    """A tone that wanders up and down."""
    time = np.arange(_COUNT) / HEARD_RATE
    pitch = chance.uniform(150, 1500) * 2 ** np.sin(2 * np.pi * chance.uniform(0.05, 1) * time)
    return _level(np.sin(2 * np.pi * np.cumsum(pitch) / HEARD_RATE), chance) + _faint_noise(chance)


def clicks(chance: random.Random) -> Samples:
    """Keys, taps and knocks: short bursts of noise at random moments."""
    random_numbers = np.random.default_rng(chance.getrandbits(32))
    sound = np.zeros(_COUNT)
    for _ in range(chance.randint(3, 120)):
        size = chance.randint(40, 1600)
        place = chance.randrange(_COUNT - size)
        fade = np.exp(-np.arange(size) * 6 / size)
        sound[place : place + size] += random_numbers.standard_normal(size) * fade
    return _level(sound, chance) + _faint_noise(chance)


def murmur(chance: random.Random) -> Samples:
    """Noise that swells and fades, like wind or a distant street."""
    time = np.arange(_COUNT) / HEARD_RATE
    swell = 1 + 0.9 * np.sin(2 * np.pi * chance.uniform(0.05, 4) * time)
    return _level(tilted_noise(chance.uniform(0.3, 1.2), chance) * swell, chance)


def hiss(chance: random.Random) -> Samples:
    """Steady noise, from loud to hardly there, or nothing whatever."""
    if chance.random() < 0.3:
        return np.zeros(_COUNT, dtype=np.float32)
    return _level(tilted_noise(chance.uniform(0, 0.6), chance), chance)


def _level(sound: NDArray[np.floating], chance: random.Random) -> Samples:
    loudest = float(np.abs(sound).max())
    return np.asarray(sound * (10 ** chance.uniform(-3, -0.1) / loudest), dtype=np.float32)


def _faint_noise(chance: random.Random) -> Samples:
    if chance.random() < 0.5:
        return np.zeros(_COUNT, dtype=np.float32)
    return tilted_noise(chance.uniform(0, 1), chance) * np.float32(10 ** chance.uniform(-3, -1))


def background(sounds: Sounds, frames: int, chance: random.Random) -> Frames:
    """A stretch of one of the backgrounds; shape (frames, 80)."""
    noise = chance.choice(list(sounds.backgrounds))
    first = chance.randrange(len(noise) - frames)
    return np.asarray(noise[first : first + frames], dtype=np.float32).reshape(frames, MELS)

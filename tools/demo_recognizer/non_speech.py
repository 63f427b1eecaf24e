"""Audio without speech, as features: noise for augmentation, and examples without text."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from features import MELS, log_power, power
from numpy.typing import NDArray
from out_of_vocabulary import make_out_of_vocabulary
from synthesis import WHISPER_RATE, Samples

SECONDS = 31
_SAMPLES = SECONDS * WHISPER_RATE

Frames = NDArray[np.float32]


@dataclass(frozen=True)
class AuxiliaryAudio:
    """Features of the audio besides the corpus.

    Attributes:
        noise_power: Mel power of noise to add to speech, mean 1; shape (kinds, frames, 80).
        non_speech: log10 mel power of audio without speech; shape (recordings, frames, 80).
        out_of_vocabulary: The same of out-of-vocabulary speech.
    """

    noise_power: Frames
    non_speech: NDArray[np.float16]
    out_of_vocabulary: NDArray[np.float16]


def make_auxiliary_audio(count: int = 48, seed: int = 7) -> AuxiliaryAudio:
    """Generate all of it; the same seed gives the same audio."""
    rng = random.Random(f"sounds {seed}")
    noises = [power(tilted_noise(tilt, rng)) for tilt in (0.0, 0.5, 1.0)]
    kinds: tuple[Callable[[random.Random], Samples], ...] = (hum, tone, sweep, clicks, murmur, hiss)
    non_speech = [log_power(kinds[index % len(kinds)](rng)) for index in range(count)]
    return AuxiliaryAudio(
        np.stack([noise / noise.mean() for noise in noises]),
        np.stack(non_speech).astype(np.float16),
        make_out_of_vocabulary(),
    )


def tilted_noise(tilt: float, rng: random.Random) -> Samples:
    """Noise whose amplitude falls with frequency to the power of `tilt`; RMS 0.05."""
    white = np.random.default_rng(rng.getrandbits(32)).standard_normal(_SAMPLES)
    frequency = np.maximum(np.fft.rfftfreq(_SAMPLES, 1 / WHISPER_RATE), 40)
    noise = np.fft.irfft(np.fft.rfft(white) / frequency**tilt, _SAMPLES)
    return np.asarray(noise * (0.05 / np.std(noise)), dtype=np.float32)


def hum(rng: random.Random) -> Samples:
    """Mains hum with a few harmonics, and a little noise or none."""
    base = rng.choice((50, 60, 100, 120)) * rng.uniform(0.99, 1.01)
    time = np.arange(_SAMPLES) / WHISPER_RATE
    signal = np.zeros(_SAMPLES)
    for harmonic in range(1, rng.randint(2, 9)):
        amplitude = rng.uniform(0.2, 1) / harmonic
        signal += amplitude * np.sin(2 * np.pi * base * harmonic * time + rng.uniform(0, 6))
    return _level(signal, rng) + _faint_noise(rng)


def tone(rng: random.Random) -> Samples:
    """A steady or beeping tone between 90 and 4,000 Hz."""
    time = np.arange(_SAMPLES) / WHISPER_RATE
    signal = np.sin(2 * np.pi * 90 * (4000 / 90) ** rng.random() * time)
    if rng.random() < 0.5:
        signal *= (time * rng.uniform(0.3, 3)) % 1 < rng.uniform(0.2, 0.8)
    return _level(signal, rng) + _faint_noise(rng)


def sweep(rng: random.Random) -> Samples:
    """A tone with a slowly oscillating frequency."""
    time = np.arange(_SAMPLES) / WHISPER_RATE
    pitch = rng.uniform(150, 1500) * 2 ** np.sin(2 * np.pi * rng.uniform(0.05, 1) * time)
    return _level(np.sin(2 * np.pi * np.cumsum(pitch) / WHISPER_RATE), rng) + _faint_noise(rng)


def clicks(rng: random.Random) -> Samples:
    """Short bursts of noise at random times, like keys, taps and knocks."""
    random_numbers = np.random.default_rng(rng.getrandbits(32))
    signal = np.zeros(_SAMPLES)
    for _ in range(rng.randint(3, 120)):
        size = rng.randint(40, 1600)
        start = rng.randrange(_SAMPLES - size)
        fade = np.exp(-np.arange(size) * 6 / size)
        signal[start : start + size] += random_numbers.standard_normal(size) * fade
    return _level(signal, rng) + _faint_noise(rng)


def murmur(rng: random.Random) -> Samples:
    """Noise that swells and fades, like wind or a distant street."""
    time = np.arange(_SAMPLES) / WHISPER_RATE
    swell = 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.05, 4) * time)
    return _level(tilted_noise(rng.uniform(0.3, 1.2), rng) * swell, rng)


def hiss(rng: random.Random) -> Samples:
    """Steady noise of any level, or digital silence."""
    if rng.random() < 0.3:
        return np.zeros(_SAMPLES, dtype=np.float32)
    return _level(tilted_noise(rng.uniform(0, 0.6), rng), rng)


def _level(signal: NDArray[np.floating], rng: random.Random) -> Samples:
    loudest = float(np.abs(signal).max())
    return np.asarray(signal * (10 ** rng.uniform(-3, -0.1) / loudest), dtype=np.float32)


def _faint_noise(rng: random.Random) -> Samples:
    if rng.random() < 0.5:
        return np.zeros(_SAMPLES, dtype=np.float32)
    return tilted_noise(rng.uniform(0, 1), rng) * np.float32(10 ** rng.uniform(-3, -1))


def background_noise(auxiliary: AuxiliaryAudio, frames: int, rng: random.Random) -> Frames:
    """A random section of one kind of noise, as mel power; shape (frames, 80)."""
    noise = rng.choice(list(auxiliary.noise_power))
    first = rng.randrange(len(noise) - frames)
    return np.asarray(noise[first : first + frames], dtype=np.float32).reshape(frames, MELS)

"""Mixing of channels and choice of a track by their energy of speech, without cancellation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RATE = 16_000
"""Samples per second after decoding, as Whisper and the speech activity detector require."""

SLOWEST_RATE, FASTEST_RATE = 4_000, 768_000
"""Hertz. Below, speech is unintelligible; above, no converter works."""

Samples = npt.NDArray[np.float32]

FRAME = RATE // 50
"""Samples of one level measurement: 20 ms, in which speech hardly changes."""

_LAG = 4
"""Each sample minus the one 4 before it, a filter that passes 200 to 3,800 Hz and stops hum,
rumble and offsets."""

_CLICKS = 0.98
"""Louder frames are limited to this quantile of the level, as a click isn't a voice."""

_STEADY = 2.0
"""A power within this factor of the quietest tenth of frames is noise or hum. Gaussian noise stays
within 1.5, and speech exceeds it a hundred times."""

_STEADY_COUNTS = 1e-3
"""Weight of steady sound, -30 dB: without speech, a tone still has more energy than silence."""

_MUCH_LESS = 0.1
"""Channels below this fraction of the best one's energy of speech, -10 dB, add only noise."""

_OPPOSED = -0.5
"""Below this correlation a channel is assumed to be the reference with inverted polarity."""

_PREFERRED = 0.25
"""A track is preferred to those after it unless one has four times its energy of speech, 6 dB."""


def speech_energy(samples: Samples) -> float:
    """The energy of sound that varies like a voice: noise, hum and clicks have little weight.

    An inexpensive substitute for speech detection. Only its ratio between channels of one recording
    is meaningful.
    """
    voice = samples[_LAG:] - samples[:-_LAG]
    frames = voice[: len(voice) // FRAME * FRAME].reshape(-1, FRAME)
    if not len(frames):
        return float(np.mean(np.square(samples))) if len(samples) else 0.0
    power = np.mean(np.square(frames), axis=1)
    quiet, loud = np.quantile(power, [0.1, _CLICKS])
    power = np.minimum(power, loud)
    moving = np.clip(power - _STEADY * quiet, 0, None)
    return float(np.mean(moving) + _STEADY_COUNTS * np.mean(power))


def mix(channels: Sequence[Samples]) -> tuple[Samples, tuple[int, ...]]:
    """The channels mixed to one, and the numbers of those that are used, counted from 1.

    The mean of all channels with the voice. A channel with the inverted polarity of the best one (a
    cable with two wires exchanged) is inverted, since their sum would be silent. Silent channels
    and those with noise only are left out.
    """
    if len(channels) == 1:
        return channels[0], (1,)
    energy = np.array([speech_energy(channel) for channel in channels])
    best = int(np.argmax(energy))
    used = np.flatnonzero(energy >= _MUCH_LESS * energy[best])
    mixed = np.zeros_like(channels[0])
    for index in used:
        opposed = index != best and _correlation(channels[best], channels[index]) < _OPPOSED
        mixed += -channels[index] if opposed else channels[index]
    return mixed / np.float32(len(used)), tuple(int(index) + 1 for index in used)


def best_track(energies: Sequence[float]) -> int:
    """Index of the track to use, from the `speech_energy` of each: the first that is sufficient."""
    best = max(energies)
    return next(index for index, energy in enumerate(energies) if energy >= _PREFERRED * best)


def _correlation(one: Samples, other: Samples) -> float:
    """From -1 to 1, in the band of speech; 0 where one is silent."""
    first, second = (samples[_LAG:] - samples[:-_LAG] for samples in (one, other))
    size = float(np.linalg.norm(first)) * float(np.linalg.norm(second))
    return float(np.dot(first, second)) / size if size else 0.0

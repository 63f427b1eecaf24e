"""Several channels, or tracks, to one: of those that hold the voice, and without cancelling it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RATE = 16_000
"""Samples a second after decoding: what Whisper and the speech-activity detector expect."""

SLOWEST_RATE, FASTEST_RATE = 4_000, 768_000
"""Hertz. Below, speech can't be understood; above, no converter works."""

Samples = npt.NDArray[np.float32]

FRAME = RATE // 50
"""Samples of which a level is taken: 20 ms, in which speech hardly changes."""

_LAG = 4
"""A sample less the one 4 before it: passes 200 to 3,800 Hz and stops hum, rumble and offsets."""

_CLICKS = 0.98
"""Frames louder than this share of all count as loud as it: a click isn't a voice."""

_STEADY = 2.0
"""What stays within this factor of the quiet tenth of frames is noise or hum. Gaussian noise stays
within 1.5, and speech goes a hundred times beyond."""

_STEADY_COUNTS = 1e-3
"""What is steady counts by 30 dB less: where nobody speaks, a tone is still more than silence."""

_MUCH_LESS = 0.1
"""A channel with this share of the best one's energy of speech, 10 dB less, adds but its noise."""

_OPPOSED = -0.5
"""Below this correlation a channel is taken for the reference upside down."""

_PREFERRED = 0.25
"""A track is preferred to those after it unless one has four times its energy of speech, 6 dB."""


def speech_energy(samples: Samples) -> float:
    """The energy of what comes and goes as a voice does: steady noise, hum and clicks count little.

    A stand-in for speech detection that costs next to nothing; only its proportion between
    channels of one recording means something.
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
    """The channels as one, and which of them it is made of, counted from 1.

    The mean of all that hold the voice. One that is the best upside down (a cable with two wires
    exchanged) is turned round, since their sum would be silent. What is dead, or holds noise only,
    stays out.
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
    """Which track to use, by what `speech_energy` gives for each: the first that is good enough."""
    best = max(energies)
    return next(index for index, energy in enumerate(energies) if energy >= _PREFERRED * best)


def _correlation(one: Samples, other: Samples) -> float:
    """From -1 to 1, in the band of speech; 0 where one is silent."""
    first, second = (samples[_LAG:] - samples[:-_LAG] for samples in (one, other))
    size = float(np.linalg.norm(first)) * float(np.linalg.norm(second))
    return float(np.dot(first, second)) / size if size else 0.0

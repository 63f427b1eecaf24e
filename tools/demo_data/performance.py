"""A narration performed: its voice with pauses and a quiet room, and the truth about every word.

Times are integer milliseconds from the start of the recording; samples are float32 at 48 kHz.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from narration import Breath, Narration, normalize
from speech import SAMPLE_RATE, Samples, SpokenWord, Synthesizer, Utterance

SAMPLES_A_MS = SAMPLE_RATE // 1000
_SPEECH_RMS = 0.07  # about -23 dB below full scale, as a headset delivers
_LOUDEST = 0.9
_ROOM_DB = -35.0  # noise of the room relative to the speech


@dataclass(frozen=True)
class Mention:
    """A phrase spoken about a region, and whether the annotator clicked meanwhile."""

    region: str
    text: str
    start_ms: int
    end_ms: int
    clicked: bool


@dataclass(frozen=True)
class Prompt:
    """The moment at which an annotator took up a guiding question."""

    question: str
    t_ms: int


@dataclass(frozen=True)
class Performance:
    """A recording before it is encoded, and everything that is true of it."""

    samples: Samples
    text: str
    words: tuple[SpokenWord, ...]
    mentions: tuple[Mention, ...]
    prompts: tuple[Prompt, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the recording in milliseconds."""
        return len(self.samples) // SAMPLES_A_MS


def perform(narration: Narration) -> Performance:
    """Speak a narration. The same narration always comes out the same."""
    chance = random.Random(f"pauses of {narration.name}")
    synthesizer = Synthesizer()
    parts: list[Samples] = [_silence(chance.randint(300, 900))]
    words: list[SpokenWord] = []
    mentions: list[Mention] = []
    prompts: list[Prompt] = []
    for breath in narration.breaths:
        now_ms = sum(map(len, parts)) // SAMPLES_A_MS
        if breath.question is not None:
            prompts.append(Prompt(breath.question, max(0, now_ms - chance.randint(50, 400))))
        utterance = synthesizer.say(breath.text, narration.voice)
        spoken = [
            SpokenWord(normalize(word.text), now_ms + word.start_ms, now_ms + word.end_ms)
            for word in utterance.words
        ]
        mentions.extend(_time_mentions(breath, spoken))
        words.extend(spoken)
        parts += [_whole_ms(utterance), _silence(chance.randint(300, 900))]
    voice = set_level(np.concatenate(parts))
    samples = add_room_noise(voice, random.Random(f"room of {narration.name}"))
    text = " ".join(breath.text for breath in narration.breaths)
    return Performance(samples, text, tuple(words), tuple(mentions), tuple(prompts))


def set_level(samples: Samples) -> Samples:
    """Bring speech to the level of a headset, without any sample near full scale."""
    loud = samples[np.abs(samples) > 1e-3]
    gain = _SPEECH_RMS / float(np.sqrt(np.mean(loud**2)))
    gain = min(gain, _LOUDEST / float(np.max(np.abs(samples))))
    return np.asarray(samples * gain, dtype=np.float32)


def add_room_noise(samples: Samples, chance: random.Random) -> Samples:
    """Put the hiss and rumble of a quiet room under the speech."""
    level = _SPEECH_RMS * 10 ** (_ROOM_DB / 20)
    return samples + make_room_noise(len(samples), level, chance)


def make_room_noise(count: int, rms: float, chance: random.Random) -> Samples:
    """`count` samples of noise whose power falls with frequency, as in most rooms."""
    white = np.random.default_rng(chance.getrandbits(32)).standard_normal(count)
    spectrum = np.fft.rfft(white)
    frequency = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum *= 1 / np.sqrt(np.maximum(frequency, 60.0))
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise * (rms / np.std(noise)), dtype=np.float32)


def _time_mentions(breath: Breath, spoken: list[SpokenWord]) -> list[Mention]:
    return [
        Mention(
            reference.region,
            reference.text,
            spoken[reference.first].start_ms,
            spoken[reference.last - 1].end_ms,
            reference.clicked,
        )
        for reference in breath.references
    ]


def _silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * SAMPLES_A_MS, dtype=np.float32)


def _whole_ms(utterance: Utterance) -> Samples:
    """Samples up to a whole millisecond, so that times never drift from the samples."""
    excess = len(utterance.samples) % SAMPLES_A_MS
    return utterance.samples[: len(utterance.samples) - excess]

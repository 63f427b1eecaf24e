"""Synthesis of a narration: speech with pauses and room noise, and the true time of every word.

Times are integer milliseconds from the start of the recording; samples are float32 at 48 kHz.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from narration import Breath, Narration, normalize
from speech import SAMPLE_RATE, Samples, SpokenWord, Synthesizer, Utterance

SAMPLES_PER_MS = SAMPLE_RATE // 1000
_SPEECH_RMS = 0.07  # about -23 dBFS, as recorded by a headset
_MAX_PEAK = 0.9
_ROOM_DB = -35.0  # noise of the room relative to the speech


@dataclass(frozen=True)
class Mention:
    """A phrase that refers to a region, and whether the annotator clicked during it."""

    region: str
    text: str
    start_ms: int
    end_ms: int
    clicked: bool


@dataclass(frozen=True)
class Prompt:
    """The time at which the answer to a guiding question begins."""

    question: str
    t_ms: int


@dataclass(frozen=True)
class NarrationAudio:
    """A recording before encoding, and its ground truth."""

    samples: Samples
    text: str
    words: tuple[SpokenWord, ...]
    mentions: tuple[Mention, ...]
    prompts: tuple[Prompt, ...]

    @property
    def duration_ms(self) -> int:
        """Length of the recording in milliseconds."""
        return len(self.samples) // SAMPLES_PER_MS


def synthesize(narration: Narration) -> NarrationAudio:
    """Synthesize a narration, deterministically."""
    rng = random.Random(f"pauses of {narration.name}")
    synthesizer = Synthesizer()
    parts: list[Samples] = [_silence(rng.randint(300, 900))]
    words: list[SpokenWord] = []
    mentions: list[Mention] = []
    prompts: list[Prompt] = []
    for breath in narration.breaths:
        now_ms = sum(map(len, parts)) // SAMPLES_PER_MS
        if breath.question is not None:
            prompts.append(Prompt(breath.question, max(0, now_ms - rng.randint(50, 400))))
        utterance = synthesizer.synthesize(breath.text, narration.voice)
        spoken = [
            SpokenWord(normalize(word.text), now_ms + word.start_ms, now_ms + word.end_ms)
            for word in utterance.words
        ]
        mentions.extend(_time_mentions(breath, spoken))
        words.extend(spoken)
        parts += [_whole_ms(utterance), _silence(rng.randint(300, 900))]
    voice = set_level(np.concatenate(parts))
    samples = add_room_noise(voice, random.Random(f"room of {narration.name}"))
    text = " ".join(breath.text for breath in narration.breaths)
    return NarrationAudio(samples, text, tuple(words), tuple(mentions), tuple(prompts))


def set_level(samples: Samples) -> Samples:
    """Scale speech to a headset's level, with the peak well below full scale."""
    loud = samples[np.abs(samples) > 1e-3]
    gain = _SPEECH_RMS / float(np.sqrt(np.mean(loud**2)))
    gain = min(gain, _MAX_PEAK / float(np.max(np.abs(samples))))
    return np.asarray(samples * gain, dtype=np.float32)


def add_room_noise(samples: Samples, rng: random.Random) -> Samples:
    """Add the noise of a quiet room."""
    level = _SPEECH_RMS * 10 ** (_ROOM_DB / 20)
    return samples + make_room_noise(len(samples), level, rng)


def make_room_noise(count: int, rms: float, rng: random.Random) -> Samples:
    """`count` samples of noise whose power decreases with frequency, as in most rooms."""
    white = np.random.default_rng(rng.getrandbits(32)).standard_normal(count)
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
    return np.zeros(length_ms * SAMPLES_PER_MS, dtype=np.float32)


def _whole_ms(utterance: Utterance) -> Samples:
    """The samples, cut to whole milliseconds, so that times and samples stay aligned."""
    excess = len(utterance.samples) % SAMPLES_PER_MS
    return utterance.samples[: len(utterance.samples) - excess]

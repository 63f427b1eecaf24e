"""Takes: some forty seconds in which one voice speaks training sentences with pauses.

Everything that happens to sound before a recognizer hears it happens to a whole take: the room, its
noise, the level, clipping, and Opus as a browser sends it. `augment.py` has what happens later, to
each window. All times are integer milliseconds from the start of the take.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from text import HERE, Writer

sys.path.append(str(HERE.parent / "demo_data"))
import encode
import performance
from speech import SAMPLE_RATE, Synthesizer, Utterance, Voice
from voices import Studio

Samples = NDArray[np.float32]

HEARD_RATE = 16_000
"""Samples a second that Whisper hears."""

_OPUS_SHARE = 0.4
_ROOM_SHARE = 0.2
_CLIPPED_SHARE = 0.04
_QUIET_SHARE = 0.1


@dataclass(frozen=True)
class Sentence:
    """A sentence in a take: its words' and phonemes' times on the take's clock."""

    text: str
    words: tuple[tuple[int, int], ...]
    phonemes: tuple[tuple[int, str], ...]

    def shifted(self, by_ms: int) -> Sentence:
        """The same sentence on a clock that shows `by_ms` more."""
        return Sentence(
            self.text,
            tuple((start + by_ms, end + by_ms) for start, end in self.words),
            tuple((at + by_ms, name) for at, name in self.phonemes),
        )

    def stretched(self, factor: float) -> Sentence:
        """The same sentence spoken slower (over 1) or faster."""
        return Sentence(
            self.text,
            tuple((round(start * factor), round(end * factor)) for start, end in self.words),
            tuple((round(at * factor), name) for at, name in self.phonemes),
        )


@dataclass(frozen=True)
class Take:
    """What was said, and how it sounds at 16 kHz."""

    voice: str
    samples: Samples
    sentences: tuple[Sentence, ...]


def record_sentences(
    texts: list[str], voice: Voice, chance: random.Random, synthesizer: Synthesizer
) -> tuple[Samples, list[Sentence]]:
    """Speak texts with pauses between; the samples are at 48 kHz and at a headset's level."""
    parts = [_silence(chance.randint(50, 700))]
    sentences = []
    for text in texts:
        now_ms = sum(map(len, parts)) // performance.SAMPLES_A_MS
        utterance = synthesizer.say(text, voice, seed=chance.randint(1, 9999))
        sentences.append(_on_clock(text, utterance, now_ms))
        whole = len(utterance.samples) // performance.SAMPLES_A_MS * performance.SAMPLES_A_MS
        parts += [utterance.samples[:whole], _silence(_pause_ms(chance))]
    together = np.concatenate(parts)
    together = np.pad(together, (0, -len(together) % SAMPLE_RATE))  # odd lengths slow Fourier down
    return performance.set_level(together), sentences


def record_take(writer: Writer, chance: random.Random, studio: Studio) -> Take:
    """One training take of 34 to 46 seconds or a little more."""
    voice = studio.pick_voice(chance)
    texts: list[str] = []
    wanted = chance.uniform(34, 46) * voice.speed_wpm / 60 * 0.9  # the rest goes for pauses
    while sum(len(text.split()) for text in texts) < wanted:
        texts.append(writer.sentence())
    loud, sentences = record_sentences(texts, voice, chance, studio.synthesizer)
    if chance.random() >= _QUIET_SHARE:
        hiss = 0.07 * 10 ** (chance.triangular(-55, -15, -35) / 20)
        loud = loud + performance.make_room_noise(len(loud), hiss, chance)
    loud = loud * np.float32(10 ** (chance.uniform(-18, 6) / 20))
    if chance.random() < _CLIPPED_SHARE:
        limit = np.float32(np.abs(loud).max() * chance.uniform(0.25, 0.6))
        loud = np.clip(loud, -limit, limit)
    if chance.random() < _OPUS_SHARE:
        loud = through_opus(loud, chance.choice((20_000, 28_000, 28_000, 32_000, 32_000, 48_000)))
    warp = 1.0 if chance.random() < 0.5 else chance.randint(93, 107) / 100
    samples = to_heard_rate(loud, warp)
    if chance.random() < _ROOM_SHARE:
        samples = add_echo(samples, chance)
    return Take(voice.name, samples, tuple(sentence.stretched(warp) for sentence in sentences))


def through_opus(samples: Samples, bit_rate: int) -> Samples:
    """48 kHz samples after a trip through Opus, on the same clock."""
    packed = encode.encode(samples, encode.Container("webm", "webm", "libopus", bit_rate))
    heard = encode.decode(packed)[: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard)))


def to_heard_rate(samples: Samples, warp: float = 1.0) -> Samples:
    """From 48 kHz to 16 kHz through the spectrum; over 1, `warp` makes it slower and lower."""
    length = round(len(samples) * HEARD_RATE / SAMPLE_RATE * warp)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    heard = np.fft.irfft(spectrum, length) * (length / len(samples))
    return np.asarray(heard, dtype=np.float32)


def add_echo(samples: Samples, chance: random.Random) -> Samples:
    """A room: the sound and its decaying, noisy echo."""
    seconds = chance.uniform(0.08, 0.4)
    count = int(seconds * HEARD_RATE)
    noise = np.random.default_rng(chance.getrandbits(32)).standard_normal(count)
    answer = noise * 10 ** (-3 * np.arange(count) / count)
    answer *= chance.uniform(0.1, 0.5) / np.sqrt((answer**2).sum())
    answer[0] += 1
    size = 1 << (len(samples) + count).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(answer, size), size)
    return np.asarray(wet[: len(samples)], dtype=np.float32)


def _pause_ms(chance: random.Random) -> int:
    """Between two sentences: mostly as in the demo, at times shorter or much longer."""
    kind = chance.random()
    if kind < 0.7:
        return chance.randint(200, 900)
    return chance.randint(60, 300) if kind < 0.88 else chance.randint(900, 2500)


def _silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * performance.SAMPLES_A_MS, dtype=np.float32)


def _on_clock(text: str, utterance: Utterance, now_ms: int) -> Sentence:
    words = tuple((word.start_ms, word.end_ms) for word in utterance.words)
    phonemes = tuple((phoneme.start_ms, phoneme.name) for phoneme in utterance.phonemes)
    return Sentence(text, words, phonemes).shifted(now_ms)

"""Synthesis of training recordings: sentences with pauses in one voice, some 40 s in all.

Each recording gets reverberation, noise, level, clipping, speed perturbation and Opus encoding at
random. `augment.py` augments windows of it during training. All times are integer milliseconds from
the start of the recording.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from text import HERE, TextGenerator

sys.path.append(str(HERE.parent / "demo_data"))
import encode
import narration_audio
from speech import SAMPLE_RATE, Synthesizer, Utterance, Voice
from voices import VoiceSampler

Samples = NDArray[np.float32]

WHISPER_RATE = 16_000
"""The sample rate of Whisper's input, in Hz."""

_OPUS_SHARE = 0.4
_REVERB_SHARE = 0.2
_CLIPPED_SHARE = 0.04
_QUIET_SHARE = 0.1


@dataclass(frozen=True)
class Sentence:
    """A sentence in a recording: (start, end) of each word, (start, name) of each phoneme."""

    text: str
    words: tuple[tuple[int, int], ...]
    phonemes: tuple[tuple[int, str], ...]

    def shifted(self, by_ms: int) -> Sentence:
        """The same sentence, `by_ms` later."""
        return Sentence(
            self.text,
            tuple((start + by_ms, end + by_ms) for start, end in self.words),
            tuple((at + by_ms, name) for at, name in self.phonemes),
        )

    def stretched(self, factor: float) -> Sentence:
        """The same sentence spoken slower (factor over 1) or faster."""
        return Sentence(
            self.text,
            tuple((round(start * factor), round(end * factor)) for start, end in self.words),
            tuple((round(at * factor), name) for at, name in self.phonemes),
        )


@dataclass(frozen=True)
class SyntheticRecording:
    """A recording at 16 kHz and its sentences."""

    voice: str
    samples: Samples
    sentences: tuple[Sentence, ...]


def synthesize_sentences(
    texts: list[str], voice: Voice, rng: random.Random, synthesizer: Synthesizer
) -> tuple[Samples, list[Sentence]]:
    """Synthesize texts with pauses in between; 48 kHz samples at a headset's level."""
    parts = [_silence(rng.randint(50, 700))]
    sentences = []
    for text in texts:
        now_ms = sum(map(len, parts)) // narration_audio.SAMPLES_PER_MS
        utterance = synthesizer.synthesize(text, voice, seed=rng.randint(1, 9999))
        sentences.append(_timed_sentence(text, utterance, now_ms))
        excess = len(utterance.samples) % narration_audio.SAMPLES_PER_MS
        trimmed = utterance.samples[: len(utterance.samples) - excess]
        parts += [trimmed, _silence(_pause_ms(rng))]
    audio = np.concatenate(parts)
    # Whole seconds: the FFT is slow for lengths with large prime factors.
    audio = np.pad(audio, (0, -len(audio) % SAMPLE_RATE))
    return narration_audio.set_level(audio), sentences


def synthesize_recording(
    text_generator: TextGenerator, rng: random.Random, sampler: VoiceSampler
) -> SyntheticRecording:
    """One training recording of 34 to 46 seconds or slightly more."""
    voice = sampler.pick_voice(rng)
    texts: list[str] = []
    target_words = rng.uniform(34, 46) * voice.speed_wpm / 60 * 0.9  # the rest is pauses
    while sum(len(text.split()) for text in texts) < target_words:
        texts.append(text_generator.sentence())
    audio, sentences = synthesize_sentences(texts, voice, rng, sampler.synthesizer)
    if rng.random() >= _QUIET_SHARE:
        hiss = 0.07 * 10 ** (rng.triangular(-55, -15, -35) / 20)
        audio = audio + narration_audio.make_room_noise(len(audio), hiss, rng)
    audio = audio * np.float32(10 ** (rng.uniform(-18, 6) / 20))
    if rng.random() < _CLIPPED_SHARE:
        limit = np.float32(np.abs(audio).max() * rng.uniform(0.25, 0.6))
        audio = np.clip(audio, -limit, limit)
    if rng.random() < _OPUS_SHARE:
        bit_rate = rng.choice((20_000, 28_000, 28_000, 32_000, 32_000, 48_000))
        audio = opus_round_trip(audio, bit_rate)
    stretch = 1.0 if rng.random() < 0.5 else rng.randint(93, 107) / 100
    samples = to_whisper_rate(audio, stretch)
    if rng.random() < _REVERB_SHARE:
        samples = add_reverb(samples, rng)
    stretched = tuple(sentence.stretched(stretch) for sentence in sentences)
    return SyntheticRecording(voice.name, samples, stretched)


def opus_round_trip(samples: Samples, bit_rate: int) -> Samples:
    """Encode 48 kHz samples with Opus and decode them; the length is unchanged."""
    encoded = encode.encode(samples, encode.Container("webm", "webm", "libopus", bit_rate))
    decoded = encode.decode(encoded)[: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded)))


def to_whisper_rate(samples: Samples, stretch: float = 1.0) -> Samples:
    """Resample 48 kHz to 16 kHz; `stretch` over 1 lowers speed and pitch (speed perturbation)."""
    length = round(len(samples) * WHISPER_RATE / SAMPLE_RATE * stretch)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    resampled = np.fft.irfft(spectrum, length) * (length / len(samples))
    return np.asarray(resampled, dtype=np.float32)


def add_reverb(samples: Samples, rng: random.Random) -> Samples:
    """Reverberation: convolve with an impulse response of exponentially decaying noise."""
    seconds = rng.uniform(0.08, 0.4)
    count = int(seconds * WHISPER_RATE)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(count)
    impulse_response = noise * 10 ** (-3 * np.arange(count) / count)
    impulse_response *= rng.uniform(0.1, 0.5) / np.sqrt((impulse_response**2).sum())
    impulse_response[0] += 1
    size = 1 << (len(samples) + count).bit_length()
    reverberant = np.fft.irfft(
        np.fft.rfft(samples, size) * np.fft.rfft(impulse_response, size), size
    )
    return np.asarray(reverberant[: len(samples)], dtype=np.float32)


def _pause_ms(rng: random.Random) -> int:
    """The pause between two sentences: mostly as in the demo, sometimes shorter or much longer."""
    kind = rng.random()
    if kind < 0.7:
        return rng.randint(200, 900)
    return rng.randint(60, 300) if kind < 0.88 else rng.randint(900, 2500)


def _silence(length_ms: int) -> Samples:
    return np.zeros(length_ms * narration_audio.SAMPLES_PER_MS, dtype=np.float32)


def _timed_sentence(text: str, utterance: Utterance, now_ms: int) -> Sentence:
    words = tuple((word.start_ms, word.end_ms) for word in utterance.words)
    phonemes = tuple((phoneme.start_ms, phoneme.name) for phoneme in utterance.phonemes)
    return Sentence(text, words, phonemes).shifted(now_ms)

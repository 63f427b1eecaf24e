"""The evaluation sets: speech that was not in the training data, and audio without speech.

All but the demo's recordings are generated here, from fixed seeds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import non_speech
import numpy as np
from synthesis import (
    WHISPER_RATE,
    Samples,
    Sentence,
    Synthesizer,
    Voice,
    opus_round_trip,
    synthesize_sentences,
    to_whisper_rate,
)
from text import DEMO, HERE, TextGenerator, narration_ngrams
from voices import DEMO_VOICES, pick_held_out_voice

from annotate.media.audio import decode
from annotate.model.speech import Word

SENTENCES_PER_RECORDING = 8
OPUS_BIT_RATE = 28_000
NOISE_DB = 15
_GRAMMAR_SENTENCES = 96
_FREE_ROUNDS = 2
_PAUSE_MS = 150  # a word after a longer pause begins a sentence or a phrase


@dataclass(frozen=True)
class EvalRecording:
    """A recording at 16 kHz and its true words."""

    name: str
    samples: Samples
    words: tuple[Word, ...]


def starts_sentence(words: Sequence[Word], index: int) -> bool:
    """Whether a true word is the first, or follows a pause."""
    return index == 0 or words[index].start_ms - words[index - 1].end_ms > _PAUSE_MS


def demo() -> Iterator[EvalRecording]:
    """The demo's recordings, as recorded."""
    for path in sorted((DEMO / "recordings").iterdir()):
        truth = json.loads((DEMO / "truth" / f"{path.stem}.json").read_text(encoding="utf-8"))
        samples = decode(path.read_bytes()).samples
        words = [(word["word"], word["start_ms"], word["end_ms"]) for word in truth["words"]]
        yield EvalRecording(path.stem, samples, _words(words))


def grammar() -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    """New sentences of the grammar in the demo's voices, at 48 kHz."""
    rng = random.Random("evaluation: grammar")
    text_generator = TextGenerator(rng, narration_ngrams())
    texts = [text_generator.sentence("grammar") for _ in range(_GRAMMAR_SENTENCES)]
    yield from _synthesize("grammar", texts, lambda number: DEMO_VOICES[number % 6], rng)


def free() -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    """The sentences of `free.txt` in voices that are never trained on, at 48 kHz."""
    rng = random.Random("evaluation: free")
    texts = free_texts() * _FREE_ROUNDS
    yield from _synthesize("free", texts, lambda _: pick_held_out_voice(rng), rng)


def free_texts() -> list[str]:
    """The hand-written sentences, which are not in the training data."""
    lines = (HERE / "free.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


EvalSet = Callable[[], Iterator[tuple[str, Samples, tuple[Word, ...]]]]


def clean(eval_set: EvalSet) -> Iterator[EvalRecording]:
    """The synthesizer's output, unchanged."""
    for name, samples, words in eval_set():
        yield EvalRecording(name, to_whisper_rate(samples), words)


def opus(eval_set: EvalSet) -> Iterator[EvalRecording]:
    """Encoded with Opus at a browser's bit rate and decoded again."""
    for name, samples, words in eval_set():
        yield EvalRecording(name, to_whisper_rate(opus_round_trip(samples, OPUS_BIT_RATE)), words)


def noisy(eval_set: EvalSet) -> Iterator[EvalRecording]:
    """With pink noise at a signal-to-noise ratio of `NOISE_DB`."""
    for name, samples, words in eval_set():
        clean_samples = to_whisper_rate(samples)
        noise = non_speech.tilted_noise(0.5, random.Random(f"noise under {name}"))
        noise = np.resize(noise, len(clean_samples))
        voiced = clean_samples[np.abs(clean_samples) > 1e-3]
        level = float(np.sqrt(np.mean(voiced**2))) * 10 ** (-NOISE_DB / 20)
        yield EvalRecording(name, clean_samples + noise * np.float32(level / np.std(noise)), words)


def _synthesize(
    kind: str, texts: Sequence[str], voice_of: Callable[[int], Voice], rng: random.Random
) -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    synthesizer = Synthesizer()
    for number, first in enumerate(range(0, len(texts), SENTENCES_PER_RECORDING)):
        part = list(texts[first : first + SENTENCES_PER_RECORDING])
        samples, sentences = synthesize_sentences(part, voice_of(number), rng, synthesizer)
        words = [word for sentence in sentences for word in _timed(sentence)]
        yield f"{kind}-{number:02d}", samples, _words(words)


def _timed(sentence: Sentence) -> Iterator[tuple[str, int, int]]:
    for text, (start_ms, end_ms) in zip(sentence.text.split(), sentence.words, strict=True):
        yield text, start_ms, end_ms


def _words(timed: Sequence[tuple[str, int, int]]) -> tuple[Word, ...]:
    return tuple(
        Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)
        for text, start_ms, end_ms in timed
    )


def non_speech_audio() -> dict[str, list[Samples]]:
    """Half a minute or more of each kind of audio without speech."""
    rng = random.Random("evaluation: no speech")
    silence = np.zeros(60 * WHISPER_RATE, dtype=np.float32)
    noises = [non_speech.tilted_noise(tilt, rng) * np.float32(2) for tilt in (0, 0.5, 1)]
    generators = {
        "hum": non_speech.hum,
        "tones": non_speech.tone,
        "sweeps": non_speech.sweep,
        "clicks": non_speech.clicks,
        "wind": non_speech.murmur,
    }
    signals = {name: [make(rng) for _ in range(4)] for name, make in generators.items()}
    return {"silence": [silence], "noise": noises, "melody": [_melody(rng)], **signals}


def _melody(rng: random.Random) -> Samples:
    """A melody of half-second notes with harmonics and a decaying envelope."""
    parts = []
    for _ in range(120):
        pitch = 220 * 2 ** (rng.choice((0, 2, 4, 5, 7, 9, 11, 12, 14, 16)) / 12)
        time = np.arange(WHISPER_RATE // 2) / WHISPER_RATE
        note = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 6))
        parts.append(note * np.exp(-4 * time) * 0.15)
    return np.concatenate(parts).astype(np.float32)


OUT_OF_VOCABULARY_TEXTS = {
    "german": (
        "de",
        "Auf dem Bild sieht man einen alten Mann, der vor seinem Haus sitzt und Zeitung liest. "
        "Neben ihm schläft ein kleiner Hund, und im Garten blühen viele bunte Blumen.",
    ),
    "spanish": (
        "es",
        "En la fotografía aparece una mujer joven que camina despacio por la playa. Detrás de "
        "ella se ven algunas palmeras, y el cielo está cubierto de nubes grises.",
    ),
    "digits": (
        "en-us",
        "4711, 98, 360, 52, 1984, 77, 615, 2048, 13, 8800, 459, 26, 733, 91, 5067, 148.",
    ),
    "names": (
        "en-gb-x-rp",
        "Christopher Wilkinson met Josephine Abernathy, Zachariah Goldberg, Theodora Fitzgerald, "
        "Bartholomew Kowalski, Guinevere Montgomery and Maximilian Oppenheimer in Philadelphia.",
    ),
    "unknown": (
        "en-us",
        "Quarterly dividends exceeded shareholder expectations despite inflationary pressure. "
        "Parliament subsequently ratified controversial legislation concerning pharmaceutical "
        "manufacturers, while economists debated monetary policy.",
    ),
}
"""Speech outside the vocabulary: an espeak-ng language and a text."""


def out_of_vocabulary_audio() -> dict[str, list[Samples]]:
    """Each of `OUT_OF_VOCABULARY_TEXTS` in four voices."""
    synthesizer = Synthesizer()
    voices = [("", 140, 45), ("+f2", 145, 55), ("+Michael", 138, 40), ("+m3", 150, 50)]
    return {
        name: [
            to_whisper_rate(
                synthesizer.synthesize(text, Voice(language + suffix, speed, pitch)).samples
            )
            for suffix, speed, pitch in voices
        ]
        for name, (language, text) in OUT_OF_VOCABULARY_TEXTS.items()
    }

"""What the recognizer is tried on: speech that it was not trained on, and sounds without speech.

Everything but the demo's own recordings is made here from fixed seeds: the same every time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sounds
from takes import (
    HEARD_RATE,
    Samples,
    Sentence,
    Synthesizer,
    Voice,
    record_sentences,
    through_opus,
    to_heard_rate,
)
from text import DEMO, HERE, Writer, narration_runs
from voices import DEMO_VOICES, pick_held_out_voice

from annotate.media.audio import decode
from annotate.model.speech import Word

SENTENCES_A_TRIAL = 8
OPUS_BITS = 28_000
NOISE_DB = 15
_GRAMMAR_SENTENCES = 96
_FREE_ROUNDS = 2
_PAUSE_MS = 150  # a word after a longer pause begins a sentence or a breath


@dataclass(frozen=True)
class Trial:
    """A recording at 16 kHz and what is said in it."""

    name: str
    samples: Samples
    words: tuple[Word, ...]


def starts_sentence(words: Sequence[Word], index: int) -> bool:
    """Whether a true word is the first, or follows a pause."""
    return index == 0 or words[index].start_ms - words[index - 1].end_ms > _PAUSE_MS


def demo() -> Iterator[Trial]:
    """The demo's recordings, as recorded."""
    for path in sorted((DEMO / "recordings").iterdir()):
        said = json.loads((DEMO / "truth" / f"{path.stem}.json").read_text(encoding="utf-8"))
        samples = decode(path.read_bytes()).samples
        words = [(word["word"], word["start_ms"], word["end_ms"]) for word in said["words"]]
        yield Trial(path.stem, samples, _words(words))


def grammar() -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    """New sentences of the grammar in the demo's voices, at 48 kHz."""
    chance = random.Random("evaluation: grammar")
    writer = Writer(chance, narration_runs())
    texts = [writer.sentence("grammar") for _ in range(_GRAMMAR_SENTENCES)]
    yield from _recorded("grammar", texts, lambda number: DEMO_VOICES[number % 6], chance)


def free() -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    """The sentences of `free.txt` in voices that are never trained on, at 48 kHz."""
    chance = random.Random("evaluation: free")
    texts = free_texts() * _FREE_ROUNDS
    yield from _recorded("free", texts, lambda _: pick_held_out_voice(chance), chance)


def free_texts() -> list[str]:
    """The sentences written by hand, which no training sentence repeats."""
    lines = (HERE / "free.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


Recorded = Callable[[], Iterator[tuple[str, Samples, tuple[Word, ...]]]]


def clean(recorded: Recorded) -> Iterator[Trial]:
    """As the synthesizer spoke it."""
    for name, samples, words in recorded():
        yield Trial(name, to_heard_rate(samples), words)


def opus(recorded: Recorded) -> Iterator[Trial]:
    """Through Opus at a browser's bit rate."""
    for name, samples, words in recorded():
        yield Trial(name, to_heard_rate(through_opus(samples, OPUS_BITS)), words)


def noisy(recorded: Recorded) -> Iterator[Trial]:
    """With pink noise under it; speech is `NOISE_DB` louder on the whole."""
    for name, samples, words in recorded():
        heard = to_heard_rate(samples)
        noise = sounds.tilted_noise(0.5, random.Random(f"noise under {name}"))
        noise = np.resize(noise, len(heard))
        voiced = heard[np.abs(heard) > 1e-3]
        level = float(np.sqrt(np.mean(voiced**2))) * 10 ** (-NOISE_DB / 20)
        yield Trial(name, heard + noise * np.float32(level / np.std(noise)), words)


def _recorded(
    kind: str, texts: Sequence[str], voice_of: Callable[[int], Voice], chance: random.Random
) -> Iterator[tuple[str, Samples, tuple[Word, ...]]]:
    synthesizer = Synthesizer()
    for number, first in enumerate(range(0, len(texts), SENTENCES_A_TRIAL)):
        some = list(texts[first : first + SENTENCES_A_TRIAL])
        samples, sentences = record_sentences(some, voice_of(number), chance, synthesizer)
        said = [word for sentence in sentences for word in _timed(sentence)]
        yield f"{kind}-{number:02d}", samples, _words(said)


def _timed(sentence: Sentence) -> Iterator[tuple[str, int, int]]:
    for text, (start_ms, end_ms) in zip(sentence.text.split(), sentence.words, strict=True):
        yield text, start_ms, end_ms


def _words(timed: Sequence[tuple[str, int, int]]) -> tuple[Word, ...]:
    return tuple(
        Word(text=text, start_ms=start_ms, end_ms=end_ms, probability=1.0, segment=0)
        for text, start_ms, end_ms in timed
    )


def no_speech() -> dict[str, list[Samples]]:
    """Half a minute and more of each sound that nobody speaks in."""
    chance = random.Random("evaluation: no speech")
    quiet = np.zeros(60 * HEARD_RATE, dtype=np.float32)
    noises = [sounds.tilted_noise(tilt, chance) * np.float32(2) for tilt in (0, 0.5, 1)]
    made = {
        "hum": sounds.hum,
        "tones": sounds.tone,
        "sweeps": sounds.sweep,
        "clicks": sounds.clicks,
        "wind": sounds.murmur,
    }
    each = {name: [make(chance) for _ in range(4)] for name, make in made.items()}
    return {"silence": [quiet], "noise": noises, "melody": [_melody(chance)], **each}


def _melody(chance: random.Random) -> Samples:
    """A tune of half-second notes with harmonics, as an instrument would play it."""
    parts = []
    for _ in range(120):
        pitch = 220 * 2 ** (chance.choice((0, 2, 4, 5, 7, 9, 11, 12, 14, 16)) / 12)
        time = np.arange(HEARD_RATE // 2) / HEARD_RATE
        note = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 6))
        parts.append(note * np.exp(-4 * time) * 0.15)
    return np.concatenate(parts).astype(np.float32)


OTHER_WORDS = {
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
"""Speech that the recognizer has no words for: an espeak-ng language and a text."""


def other_words() -> dict[str, list[Samples]]:
    """Each of `OTHER_WORDS` in four voices."""
    synthesizer = Synthesizer()
    voices = [("", 140, 45), ("+f2", 145, 55), ("+Michael", 138, 40), ("+m3", 150, 50)]
    return {
        name: [
            to_heard_rate(synthesizer.say(text, Voice(language + suffix, speed, pitch)).samples)
            for suffix, speed, pitch in voices
        ]
        for name, (language, text) in OTHER_WORDS.items()
    }

"""Recordings with the true time of every word: the demo's, and sentences that espeak-ng speaks."""

from __future__ import annotations

import io
import random
import sys
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from annotate.media.audio import RATE, Samples, decode
from annotate.model.speech import Span
from annotate.recognizers.recognizer import RecognizerInput
from annotate.transcribe.windows import windows
from benchmarks.recognizers.report import TimedWord, read_truth

sys.path.append(str(Path(__file__).parents[1] / "tools" / "demo_data"))

from narration import read_narration
from narration_audio import add_room_noise, set_level, synthesize
from speech import DEMO_VOICES, SAMPLE_RATE, Synthesizer, Utterance, Voice

DEMO = Path(__file__).parents[1] / "data" / "demo"
OTHER_VOICES = (
    Voice("en-us+f3", 150, 60),
    Voice("en-us+m5", 150, 40),
    Voice("en-us+Alicia", 160, 65),
    Voice("en-gb-x-rp+steph2", 140, 50),
    Voice("en+klatt3", 150, 45),
    Voice("en-gb-scotland+edward2", 135, 35),
    Voice("en-us+whisper", 140, 50),
    Voice("en-us+croak", 140, 40),
)
"""Voices that the demo doesn't have; the last two whisper and croak."""

HESITANT = (
    ("I can see", "um", "red flowers on the left"),
    ("the man is holding", "uh", "a small camera"),
    ("there is", "um", "another window behind her"),
    ("in the middle I see", "uh", "seven white cups"),
    ("she is wearing", "er", "orange clothes"),
    ("next to it there are", "um", "many little stones"),
    ("the sky is", "uh", "almost completely black"),
    ("this looks like", "um", "morning light"),
    ("on the right side is", "uh", "the rocket"),
    ("behind the temple", "um", "you can see mountains"),
)
"""Sentences in three parts: before a hesitation, the hesitation, and after it."""
PAUSES_MS = (0, 100, 200, 400, 800)
"""Silence after a hesitation. Before it there is half as much; with 0 nothing is cut."""
WITH_NUMBERS = (
    "The price on the sign is $1,250.00 for the big one.",
    "About 25% of the picture is covered by water.",
    "The tower is 3.5 meters wide and 120 meters high.",
    "There is a 20-year-old car in front of the house.",
    "Some 1,000,000 people live in the city behind it.",
    "The clock shows 10:45 and the year 1998.",
    "I can count 37 windows and 4 doors.",
    "The number on the train is 4711.",
)
_BETWEEN_MS = 700


@dataclass(frozen=True, slots=True, eq=False)
class SpokenRecording:
    """A recording at 16 kHz and its true words."""

    name: str
    voice: str
    samples: Samples
    words: tuple[TimedWord, ...]

    @property
    def duration_ms(self) -> int:
        """The recording's length."""
        return len(self.samples) * 1000 // RATE

    def recognizer_input(self, speech: tuple[Span, ...]) -> RecognizerInput:
        """As the pipeline prepares it for a recognizer, with this detected speech."""
        return RecognizerInput(
            recording_id=self.name,
            samples=self.samples,
            windows=windows(speech, self.duration_ms),
            language="en",
            speech=speech,
        )


def demo_recordings(limit: int | None = None) -> Iterator[SpokenRecording]:
    """The demo's recordings, as recorded."""
    truth = read_truth(DEMO / "truth")
    for path in sorted((DEMO / "recordings").iterdir())[:limit]:
        voice = read_narration(DEMO / "narrations" / f"{path.stem}.md").voice.name
        samples = decode(path.read_bytes()).samples
        yield SpokenRecording(path.stem, voice, samples, tuple(truth[path.stem]))


def narrations_in(
    voices: Sequence[Voice], names: Sequence[str] = ("cat-01", "temple-03")
) -> Iterator[SpokenRecording]:
    """The demo's narrations in other voices."""
    for voice in voices:
        for name in names:
            narration = read_narration(DEMO / "narrations" / f"{name}.md")
            audio = synthesize(replace(narration, voice=voice))
            words = tuple(TimedWord(*vars(word).values()) for word in audio.words)
            yield SpokenRecording(
                f"{name} {voice.name}", voice.name, at_16_khz(audio.samples), words
            )


def with_hesitations(voices: Sequence[Voice] = DEMO_VOICES) -> Iterator[SpokenRecording]:
    """For each voice all sentences of `HESITANT`, with each of the pauses after the hesitation."""
    for number, voice in enumerate(voices):
        recording = _Composition(voice)
        for index, parts in enumerate(HESITANT):
            for turn in range(2):
                pause_ms = PAUSES_MS[(index + number + 3 * turn) % len(PAUSES_MS)]
                recording.say_hesitantly(parts, pause_ms)
        yield recording.finished(f"hesitations {number}")


def with_numbers(voices: Sequence[Voice] = DEMO_VOICES[:2]) -> Iterator[SpokenRecording]:
    """For each voice all sentences of `WITH_NUMBERS`."""
    for number, voice in enumerate(voices):
        recording = _Composition(voice)
        for sentence in WITH_NUMBERS:
            recording.say(sentence)
            recording.pause(_BETWEEN_MS)
        yield recording.finished(f"numbers {number}")


class _Composition:
    """Utterances of one voice and the silence between them."""

    def __init__(self, voice: Voice):
        self._voice, self._synthesizer = voice, Synthesizer()
        self._parts = [np.zeros(SAMPLE_RATE // 2, np.float32)]
        self._words: list[TimedWord] = []

    def say_hesitantly(self, parts: tuple[str, str, str], pause_ms: int) -> None:
        if not pause_ms:
            self.say(" ".join(parts))
        else:
            for part, silence_ms in zip(parts, (pause_ms // 2, pause_ms, 0), strict=True):
                self.say(part)
                self.pause(silence_ms)
        self.pause(_BETWEEN_MS)

    def say(self, text: str) -> None:
        spoken: Utterance = self._synthesizer.synthesize(text, self._voice)
        now_ms = round(sum(map(len, self._parts)) * 1000 / SAMPLE_RATE)
        self._words += [
            TimedWord(word.text.strip(".,"), now_ms + word.start_ms, now_ms + word.end_ms)
            for word in spoken.words
        ]
        self._parts.append(spoken.samples)

    def pause(self, silence_ms: int) -> None:
        self._parts.append(np.zeros(silence_ms * SAMPLE_RATE // 1000, np.float32))

    def finished(self, name: str) -> SpokenRecording:
        voice = set_level(np.concatenate(self._parts))
        samples = add_room_noise(voice, random.Random(f"room of {name}"))  # noqa: S311  # the same noise every time
        return SpokenRecording(name, self._voice.name, at_16_khz(samples), tuple(self._words))


def at_16_khz(samples: Samples) -> Samples:
    """Samples at 48 kHz as the pipeline decodes them from a file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes())
    return decode(file.getvalue()).samples

"""Text to speech with true word times: libespeak-ng, called through ctypes.

espeak-ng reports an event for every word and phoneme, so the times are the synthesizer's own and
not those of a forced aligner. All times are integer milliseconds from the start of the utterance;
samples are float32 in [-1, 1].
"""

from __future__ import annotations

import ctypes
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SAMPLE_RATE = 48_000
_SYNCHRONOUS = 2  # the callback gets every buffer before espeak_Synth returns
_PHONEME_EVENTS = 1
_UTF8 = 1
_POSITION_CHARACTER = 1
_EVENT_END, _EVENT_WORD, _EVENT_PHONEME = 0, 1, 7
_RATE, _PITCH, _PITCH_RANGE, _WORD_GAP = 1, 3, 4, 7
_PAUSE = ""
_SHORTEST_WORD_MS = 40
_TAIL_MS = 30  # after the last phoneme, so that its release is not cut off


@dataclass(frozen=True)
class Voice:
    """A speaker: an espeak-ng voice, its speed in words per minute, and its pitch."""

    name: str
    speed_wpm: int = 150
    pitch: int = 50
    pitch_range: int = 50


DEMO_VOICES = (
    Voice("en-us+f2", 141, 52),
    Voice("en-gb-x-rp+m3", 136, 42),
    Voice("en-gb-scotland+Annie", 147, 55),
    Voice("en-us+Michael", 134, 38),
    Voice("en-029+f4", 143, 58),
    Voice("en-us-nyc+adam", 156, 45),
)
"""The demo's six annotators, with the mean speed and pitch of their narrations."""


@dataclass(frozen=True)
class SpokenWord:
    """One word of the text as written, with its start and end in milliseconds."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Phoneme:
    """The start of one phoneme in espeak-ng's notation without stress; "" is a pause."""

    name: str
    start_ms: int


@dataclass(frozen=True)
class Utterance:
    """A spoken text: samples at 48 kHz without trailing silence, its words and phonemes."""

    samples: Samples
    words: tuple[SpokenWord, ...]
    phonemes: tuple[Phoneme, ...]


class _EventId(ctypes.Union):
    _fields_ = [
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    ]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Synthesizer:
    """A private instance of libespeak-ng in this process.

    The library carries state over from one utterance to the next, so results are reproducible only
    for the same sequence of utterances on a new Synthesizer.
    """

    def __init__(self, data: Path | None = None) -> None:
        """Load the library and its data from `espeakng_loader`, or other `data`."""
        self._library = _load_private_copy(Path(espeakng_loader.get_library_path()))
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._callback = _CALLBACK(self._receive)
        path = str(data or espeakng_loader.get_data_path()).encode()
        self._rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 400, path, _PHONEME_EVENTS)
        if self._rate <= 0:
            raise RuntimeError("libespeak-ng could not be initialized")
        self._library.espeak_SetSynthCallback(self._callback)

    def synthesize(self, text: str, voice: Voice, seed: int = 1) -> Utterance:
        """Synthesize `text`, which should be one sentence, with the time of every word."""
        self._prepare(voice, seed)
        encoded = text.encode() + b"\0"
        self._library.espeak_Synth(
            encoded, len(encoded), 0, _POSITION_CHARACTER, 0, _UTF8, None, None
        )
        raw: Samples = np.concatenate(self._buffers).astype(np.float32) / np.float32(32768)
        speech_end_ms = _speech_end(self._phonemes, len(raw) * 1000 // self._rate)
        words = _time_words(text, self._word_starts, self._phonemes, speech_end_ms)
        trimmed = raw[: (speech_end_ms + _TAIL_MS) * self._rate // 1000]
        return Utterance(_resample(trimmed, self._rate), tuple(words), tuple(self._phonemes))

    def _prepare(self, voice: Voice, seed: int) -> None:
        """Clear the buffers and set the voice; the seed is for the noise of the voice."""
        self._buffers: list[NDArray[np.int16]] = []
        self._word_starts: list[tuple[int, int]] = []
        self._phonemes: list[Phoneme] = []
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice named {voice.name!r}")
        settings = (
            (_RATE, voice.speed_wpm),
            (_PITCH, voice.pitch),
            (_PITCH_RANGE, voice.pitch_range),
            (_WORD_GAP, 0),
        )
        for parameter, value in settings:
            self._library.espeak_SetParameter(parameter, value, 0)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(seed))

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        """Callback of libespeak-ng for a buffer of samples and its events; 0 means continue."""
        if count > 0 and wave:
            self._buffers.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for event in _until_end(events):
            if event.type == _EVENT_WORD:
                self._word_starts.append((event.text_position - 1, event.audio_position))
            elif event.type == _EVENT_PHONEME:
                name = event.id.string.decode("utf-8", "ignore").lstrip("',")
                name = _PAUSE if name.startswith("_") else name
                self._phonemes.append(Phoneme(name, event.audio_position))
        return 0


def _load_private_copy(library: Path) -> ctypes.CDLL:
    """Load a shared library from a copy of its file, for separate global variables."""
    with tempfile.TemporaryDirectory() as folder:
        return ctypes.CDLL(shutil.copy(library, folder))


def _until_end(events: Any) -> Iterator[_Event]:
    index = 0
    while events[index].type != _EVENT_END:
        yield events[index]
        index += 1


def _speech_end(phonemes: list[Phoneme], total_ms: int) -> int:
    """The start of the pause at the utterance's end."""
    end_ms = total_ms
    for phoneme in reversed(phonemes):
        if phoneme.name != _PAUSE:
            break
        end_ms = phoneme.start_ms
    return end_ms


def _time_words(
    text: str, events: list[tuple[int, int]], phonemes: list[Phoneme], speech_end_ms: int
) -> list[SpokenWord]:
    """The span of each word: from its event to the next word, or to a pause before that."""
    spans = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    starts = _fill_gaps(_word_starts(spans, events), spans, speech_end_ms)
    ends = [*starts[1:], speech_end_ms]
    pauses = [phoneme.start_ms for phoneme in phonemes if phoneme.name == _PAUSE]
    words = []
    for (first, last), start_ms, end_ms in zip(spans, starts, ends, strict=True):
        audible_end_ms = min(
            (at for at in pauses if start_ms + _SHORTEST_WORD_MS < at < end_ms), default=end_ms
        )
        words.append(SpokenWord(text[first:last], start_ms, audible_end_ms))
    return words


def _word_starts(spans: list[tuple[int, int]], events: list[tuple[int, int]]) -> list[int | None]:
    """The time of the first event within each word's characters; None without an event."""
    return [
        next((at_ms for position, at_ms in events if first <= position < last), None)
        for first, last in spans
    ]


def _fill_gaps(
    starts: list[int | None], spans: list[tuple[int, int]], speech_end_ms: int
) -> list[int]:
    """Interpolate by letters where espeak-ng speaks a pair ("of the") as one word."""
    filled = [0 if starts[0] is None else starts[0]]
    for index in range(1, len(starts)):
        start_ms = starts[index]
        if start_ms is None:
            following = next((at for at in starts[index:] if at is not None), speech_end_ms)
            later = next(
                (i for i in range(index, len(starts)) if starts[i] is not None), len(starts)
            )
            letters = [last - first for first, last in spans[index - 1 : later]]
            share = letters[0] / sum(letters)
            start_ms = filled[-1] + round((following - filled[-1]) * share)
        filled.append(start_ms)
    return filled


def _resample(samples: Samples, rate: int) -> Samples:
    """Resample to 48 kHz in the frequency domain; the length is whole milliseconds."""
    whole = -(-len(samples) * 1000 // rate)  # milliseconds, rounded up
    block = rate // np.gcd(rate, SAMPLE_RATE)
    padded = np.pad(samples, (0, block * (-(-whole * rate // 1000) // block + 1) - len(samples)))
    length = len(padded) * SAMPLE_RATE // rate
    spectrum = np.fft.rfft(padded)
    wide = np.zeros(length // 2 + 1, dtype=complex)
    wide[: len(spectrum)] = spectrum
    scaled = np.fft.irfft(wide, length) * (length / len(padded))
    return np.asarray(scaled[: whole * SAMPLE_RATE // 1000], dtype=np.float32)

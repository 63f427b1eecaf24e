"""Windows cut from takes: what the network hears and what it should answer.

Milliseconds count from the start of the window; a frame here is one of the encoder's, 20 ms.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from augment import augment, scale
from corpus import HeardTake
from features import FLOOR, MELS
from numpy.typing import NDArray
from sounds import Sounds
from tokens import EOT, Tokens, encode_sentence

FRAME_MS = 20
LONGEST_MS = 30_000
UNKNOWN = -100
"""Label of a frame of which nothing is to be learned."""
_SILENT_SHARE = 0.05
_OTHER_SHARE = 0.1
_CUT_START_SHARE = 0.12
_CUT_END_SHARE = 0.2

Labels = NDArray[np.int64]


class Labelled:
    """A take with its sentences as tokens and a label for every frame."""

    def __init__(self, take: HeardTake, phonemes: dict[str, int]) -> None:
        """`phonemes` numbers the phonemes; 0 is a pause, and what isn't known."""
        self.frames = take.frames
        self.duration_ms = len(take.frames) * 10
        self._take = take
        self._phonemes = phonemes

    @cached_property
    def sentences(self) -> tuple[Tokens, ...]:
        """Each sentence's tokens, with times on the take's clock."""
        spoken = self._take.sentences
        starts = [sentence.words[0][0] for sentence in spoken[1:]] + [self.duration_ms]
        return tuple(map(encode_sentence, spoken, starts))

    @cached_property
    def phoneme_labels(self) -> NDArray[np.int16]:
        """The phoneme heard in each frame."""
        labels = np.zeros(self.duration_ms // FRAME_MS + 1, dtype=np.int16)
        for sentence in self._take.sentences:
            ends = [at for at, _ in sentence.phonemes[1:]] + [sentence.words[-1][1]]
            for (start, name), end in zip(sentence.phonemes, ends, strict=True):
                labels[_frame(start) : _frame(end)] = self._phonemes.get(name, 0)
        return labels

    @cached_property
    def token_labels(self) -> NDArray[np.int16]:
        """The token heard in each frame; `EOT` stands for silence."""
        labels = np.full(self.duration_ms // FRAME_MS + 1, EOT, dtype=np.int16)
        for tokens in self.sentences:
            for number, (start, end) in zip(tokens.numbers, tokens.spans, strict=True):
                labels[_frame(start) : _frame(min(end, start + 1500))] = number
        return labels


@dataclass(frozen=True)
class Window:
    """Network input and targets.

    Attributes:
        mel: Scaled log-mel; shape (2 * frames, 80).
        phonemes: Label of each frame; shape (frames,).
        tokens: Token heard in each frame; shape (frames,).
        sentences: Those heard whole, with times on the window's clock.
        cut_at_ms: Where a sentence begins whose end is not heard; None if there is none.
        other: A sentence that is not heard, where all speech is of other words; else None.
    """

    mel: NDArray[np.float32]
    phonemes: Labels
    tokens: Labels
    sentences: tuple[Tokens, ...]
    cut_at_ms: int | None
    other: Tokens | None = None


def cut_window(
    takes: list[Labelled], sounds: Sounds, chance: random.Random, length_ms: int, *, plain: bool
) -> Window:
    """A random window with up to `length_ms` of sound; `plain` leaves the sound as it is."""
    if not plain and chance.random() < _SILENT_SHARE:
        return _silent_window(sounds, chance, length_ms)
    if not plain and chance.random() < _OTHER_SHARE:
        return _other_window(takes, sounds, chance, length_ms)
    while True:
        take = chance.choice(takes)
        start_ms, end_ms = _choose_span(take, chance, length_ms)
        window = _cut(take, start_ms, end_ms, length_ms)
        if window.sentences:
            break
    heard = (end_ms - start_ms) // 10
    mel = scale(window.mel) if plain else augment(window.mel, heard, sounds, chance)
    return replace(window, mel=mel)


def _choose_span(take: Labelled, chance: random.Random, length_ms: int) -> tuple[int, int]:
    """Where to cut: mostly in the pauses before one sentence and after another."""
    starts = [tokens.spans[0][0] for tokens in take.sentences]
    ends = [tokens.spans[-1][0] for tokens in take.sentences]
    first = chance.randrange(len(starts))
    if chance.random() < _CUT_START_SHARE:
        start_ms = chance.randint(starts[first], ends[first])
    else:
        before = starts[first] - (ends[first - 1] if first else 0)
        lead = chance.randint(0, max(0, min(before, 500 if chance.random() < 0.8 else 3000)))
        start_ms = max(0, starts[first] - lead)
    start_ms -= start_ms % FRAME_MS
    latest = min(take.duration_ms, start_ms + length_ms)
    fitting = [end for end in ends if start_ms + 500 < end + 60 < latest]
    if not fitting or chance.random() < _CUT_END_SHARE:
        end_ms = latest
    else:
        last = max(fitting) if chance.random() < 0.7 else chance.choice(fitting)
        following = bisect_left(starts, last)
        room = (starts[following] if following < len(starts) else take.duration_ms) - last
        end_ms = min(latest, last + chance.randint(40, max(60, min(room, 600))))
    return start_ms, end_ms - (end_ms - start_ms) % FRAME_MS


def _cut(take: Labelled, start_ms: int, end_ms: int, length_ms: int) -> Window:
    frames = length_ms // FRAME_MS
    first, last = start_ms // FRAME_MS, end_ms // FRAME_MS
    mel = np.full((2 * frames, MELS), FLOOR, dtype=np.float32)
    heard = take.frames[2 * first : 2 * last]
    mel[: len(heard)] = heard
    phonemes, tokens = np.zeros(frames, np.int64), np.full(frames, EOT, np.int64)
    phonemes[: last - first] = take.phoneme_labels[first:last]
    tokens[: last - first] = take.token_labels[first:last]
    whole, cut_at_ms = [], None
    for sentence in take.sentences:
        kept = [index for index, span in enumerate(sentence.spans) if span[0] >= start_ms - 40]
        if len(kept) < 2 or sentence.spans[kept[0]][0] > end_ms - 200:
            continue
        spans = [(max(0, a - start_ms), b - start_ms) for a, b in sentence.spans[kept[0] :]]
        if spans[-1][0] > end_ms - start_ms:
            cut_at_ms = spans[0][0]
            break
        whole.append(Tokens(sentence.numbers[kept[0] :], tuple(spans)))
    return Window(mel, phonemes, tokens, tuple(whole), cut_at_ms)


def _silent_window(sounds: Sounds, chance: random.Random, length_ms: int) -> Window:
    """Noise, hum, tones or nothing, with nothing to answer."""
    frames = length_ms // FRAME_MS
    sound = sounds.alone[chance.randrange(len(sounds.alone))].astype(np.float32)
    first = chance.randrange(len(sound) - 2 * frames + 1)
    mel = np.full((2 * frames, MELS), FLOOR, dtype=np.float32)
    last = 2 * frames if chance.random() < 0.5 else chance.randint(frames // 4, 2 * frames)
    mel[:last] = sound[first : first + last]
    mel = augment(mel, last, sounds, chance)
    return Window(mel, np.zeros(frames, np.int64), np.full(frames, EOT, np.int64), (), None)


def _other_window(
    takes: list[Labelled], sounds: Sounds, chance: random.Random, length_ms: int
) -> Window:
    """Speech of other words, over which no token should be likely."""
    frames = length_ms // FRAME_MS
    speech = sounds.others[chance.randrange(len(sounds.others))].astype(np.float32)
    first = chance.randrange(len(speech) - 2 * frames + 1)
    mel = augment(speech[first : first + 2 * frames], 2 * frames, sounds, chance)
    lost = np.full(frames, UNKNOWN, np.int64)
    unheard = chance.choice(chance.choice(takes).sentences)
    return Window(mel, lost, lost, (), None, other=unheard)


def _frame(at_ms: int) -> int:
    return round(at_ms / FRAME_MS)

"""Training examples: windows cut from recordings, with their features and labels.

Milliseconds count from the start of the window; a frame is one of the encoder's, 20 ms.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from augment import augment, normalize
from corpus import LogMelRecording
from features import FLOOR, MELS
from non_speech import AuxiliaryAudio
from numpy.typing import NDArray
from tokens import EOT, TokenizedSentence, encode_sentence

FRAME_MS = 20
MAX_WINDOW_MS = 30_000
IGNORE_INDEX = -100
"""Label of a frame that is ignored in the loss, PyTorch's default."""
_NON_SPEECH_SHARE = 0.05
_OUT_OF_VOCABULARY_SHARE = 0.1
_CUT_START_SHARE = 0.12
_CUT_END_SHARE = 0.2

Labels = NDArray[np.int64]


class LabelledRecording:
    """A recording with tokenized sentences and a label for every frame."""

    def __init__(self, recording: LogMelRecording, phonemes: dict[str, int]) -> None:
        """`phonemes` maps names to labels; 0 is a pause or an unknown phoneme."""
        self.frames = recording.frames
        self.duration_ms = len(recording.frames) * 10
        self._recording = recording
        self._phonemes = phonemes

    @cached_property
    def sentences(self) -> tuple[TokenizedSentence, ...]:
        """Each sentence's tokens, with times from the start of the recording."""
        spoken = self._recording.sentences
        starts = [sentence.words[0][0] for sentence in spoken[1:]] + [self.duration_ms]
        return tuple(map(encode_sentence, spoken, starts))

    @cached_property
    def phoneme_labels(self) -> NDArray[np.int16]:
        """The phoneme spoken in each frame."""
        labels = np.zeros(self.duration_ms // FRAME_MS + 1, dtype=np.int16)
        for sentence in self._recording.sentences:
            ends = [at for at, _ in sentence.phonemes[1:]] + [sentence.words[-1][1]]
            for (start, name), end in zip(sentence.phonemes, ends, strict=True):
                labels[_frame(start) : _frame(end)] = self._phonemes.get(name, 0)
        return labels

    @cached_property
    def token_labels(self) -> NDArray[np.int16]:
        """The token spoken in each frame; `EOT` stands for silence."""
        labels = np.full(self.duration_ms // FRAME_MS + 1, EOT, dtype=np.int16)
        for tokens in self.sentences:
            for token_id, (start, end) in zip(tokens.ids, tokens.spans, strict=True):
                labels[_frame(start) : _frame(min(end, start + 1500))] = token_id
        return labels


@dataclass(frozen=True)
class Window:
    """Network input and targets.

    Attributes:
        mel: Scaled log-mel; shape (2 * frames, 80).
        phonemes: Label of each frame; shape (frames,).
        tokens: Token spoken in each frame; shape (frames,).
        sentences: The complete sentences, with times from the start of the window.
        cut_off_at_ms: The start of a sentence that the window cuts off; None if there is none.
        absent_sentence: A sentence of another recording, if the speech is out of vocabulary.
    """

    mel: NDArray[np.float32]
    phonemes: Labels
    tokens: Labels
    sentences: tuple[TokenizedSentence, ...]
    cut_off_at_ms: int | None
    absent_sentence: TokenizedSentence | None = None


def cut_window(
    recordings: list[LabelledRecording],
    auxiliary: AuxiliaryAudio,
    rng: random.Random,
    length_ms: int,
    *,
    clean: bool,
) -> Window:
    """A random window with up to `length_ms` of audio; `clean` leaves out augmentation."""
    if not clean and rng.random() < _NON_SPEECH_SHARE:
        return _non_speech_window(auxiliary, rng, length_ms)
    if not clean and rng.random() < _OUT_OF_VOCABULARY_SHARE:
        return _out_of_vocabulary_window(recordings, auxiliary, rng, length_ms)
    while True:
        recording = rng.choice(recordings)
        start_ms, end_ms = _choose_span(recording, rng, length_ms)
        window = _crop(recording, start_ms, end_ms, length_ms)
        if window.sentences:
            break
    audio_frames = (end_ms - start_ms) // 10
    mel = normalize(window.mel) if clean else augment(window.mel, audio_frames, auxiliary, rng)
    return replace(window, mel=mel)


def _choose_span(
    recording: LabelledRecording, rng: random.Random, length_ms: int
) -> tuple[int, int]:
    """Start and end of a window: mostly in pauses between sentences."""
    starts = [tokens.spans[0][0] for tokens in recording.sentences]
    ends = [tokens.spans[-1][0] for tokens in recording.sentences]
    first = rng.randrange(len(starts))
    if rng.random() < _CUT_START_SHARE:
        start_ms = rng.randint(starts[first], ends[first])
    else:
        before = starts[first] - (ends[first - 1] if first else 0)
        lead = rng.randint(0, max(0, min(before, 500 if rng.random() < 0.8 else 3000)))
        start_ms = max(0, starts[first] - lead)
    start_ms -= start_ms % FRAME_MS
    latest = min(recording.duration_ms, start_ms + length_ms)
    fitting = [end for end in ends if start_ms + 500 < end + 60 < latest]
    if not fitting or rng.random() < _CUT_END_SHARE:
        end_ms = latest
    else:
        last = max(fitting) if rng.random() < 0.7 else rng.choice(fitting)
        following = bisect_left(starts, last)
        room = (starts[following] if following < len(starts) else recording.duration_ms) - last
        end_ms = min(latest, last + rng.randint(40, max(60, min(room, 600))))
    return start_ms, end_ms - (end_ms - start_ms) % FRAME_MS


def _crop(recording: LabelledRecording, start_ms: int, end_ms: int, length_ms: int) -> Window:
    frames = length_ms // FRAME_MS
    first, last = start_ms // FRAME_MS, end_ms // FRAME_MS
    mel = np.full((2 * frames, MELS), FLOOR, dtype=np.float32)
    features = recording.frames[2 * first : 2 * last]
    mel[: len(features)] = features
    phonemes, tokens = np.zeros(frames, np.int64), np.full(frames, EOT, np.int64)
    phonemes[: last - first] = recording.phoneme_labels[first:last]
    tokens[: last - first] = recording.token_labels[first:last]
    complete, cut_off_at_ms = [], None
    for sentence in recording.sentences:
        inside = [index for index, span in enumerate(sentence.spans) if span[0] >= start_ms - 40]
        if len(inside) < 2 or sentence.spans[inside[0]][0] > end_ms - 200:
            continue
        spans = [(max(0, a - start_ms), b - start_ms) for a, b in sentence.spans[inside[0] :]]
        if spans[-1][0] > end_ms - start_ms:
            cut_off_at_ms = spans[0][0]
            break
        complete.append(TokenizedSentence(sentence.ids[inside[0] :], tuple(spans)))
    return Window(mel, phonemes, tokens, tuple(complete), cut_off_at_ms)


def _non_speech_window(auxiliary: AuxiliaryAudio, rng: random.Random, length_ms: int) -> Window:
    """Noise, hum, tones or silence, without text."""
    frames = length_ms // FRAME_MS
    audio = auxiliary.non_speech[rng.randrange(len(auxiliary.non_speech))].astype(np.float32)
    first = rng.randrange(len(audio) - 2 * frames + 1)
    mel = np.full((2 * frames, MELS), FLOOR, dtype=np.float32)
    last = 2 * frames if rng.random() < 0.5 else rng.randint(frames // 4, 2 * frames)
    mel[:last] = audio[first : first + last]
    mel = augment(mel, last, auxiliary, rng)
    return Window(mel, np.zeros(frames, np.int64), np.full(frames, EOT, np.int64), (), None)


def _out_of_vocabulary_window(
    recordings: list[LabelledRecording],
    auxiliary: AuxiliaryAudio,
    rng: random.Random,
    length_ms: int,
) -> Window:
    """Out-of-vocabulary speech, over which no token should be likely."""
    frames = length_ms // FRAME_MS
    index = rng.randrange(len(auxiliary.out_of_vocabulary))
    speech = auxiliary.out_of_vocabulary[index].astype(np.float32)
    first = rng.randrange(len(speech) - 2 * frames + 1)
    mel = augment(speech[first : first + 2 * frames], 2 * frames, auxiliary, rng)
    ignored = np.full(frames, IGNORE_INDEX, np.int64)
    absent_sentence = rng.choice(rng.choice(recordings).sentences)
    return Window(mel, ignored, ignored, (), None, absent_sentence=absent_sentence)


def _frame(at_ms: int) -> int:
    return round(at_ms / FRAME_MS)

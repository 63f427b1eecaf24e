"""Sampler and collation: random windows as a batch of tensors, with the decoder's targets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from non_speech import AuxiliaryAudio
from tokens import EOT, NO_SPEECH, NO_TIMESTAMPS, SOT, trained_tokens
from torch import Tensor
from windows import FRAME_MS, MAX_WINDOW_MS, LabelledRecording, Window, cut_window

Span = tuple[int, int] | None
_WITHOUT_TIMESTAMPS_SHARE = 0.3
_CORRUPTED_SHARE, _CORRUPTED_WORD_SHARE = 0.5, 0.12
_MAX_INITIAL_TIMESTAMP_MS = 1000  # stock decoding allows no later first timestamp
_TEXT_POSITIONS = 448
_TOKENS_PER_WINDOW = 110  # typical of 30 s of speech


@dataclass(frozen=True)
class Batch:
    """Tensors of B windows, F frames and U tokens.

    Attributes:
        mel: Network input; shape (B, 2F, 80).
        offset: Encoder position of the first frame; shape (B,).
        phonemes: Phoneme spoken in each frame; shape (B, F).
        frame_tokens: Token spoken in each frame; shape (B, F).
        decoder_input_ids: Input tokens of the decoder; shape (B, U).
        labels: Target token for each input, or -100 where there is none; shape (B, U).
        positions: Decoder positions; shape (B, U).
        input_spans: Frames (first, last) in which the input token is spoken; shape (B, U, 2).
        label_spans: The same of the target token; shape (B, U, 2). Empty where unknown.
        uniform_targets: Where the target is the uniform distribution; shape (B, U).
    """

    mel: Tensor
    offset: Tensor
    phonemes: Tensor
    frame_tokens: Tensor
    decoder_input_ids: Tensor
    labels: Tensor
    positions: Tensor
    input_spans: Tensor
    label_spans: Tensor
    uniform_targets: Tensor


@dataclass(frozen=True)
class _DecoderSequence:
    """The decoder's input and target tokens for one window."""

    decoder_input_ids: list[int]
    labels: list[int]
    spans: list[Span]
    uniform_targets: bool = False


def make_batch(
    recordings: Sequence[LabelledRecording],
    auxiliary: AuxiliaryAudio,
    rng: random.Random,
    *,
    length_ms: int,
    count: int,
    clean: bool = False,
) -> Batch:
    """`count` random windows of `length_ms`; shorter ones are placed anywhere in Whisper's 30 s.

    `clean` leaves out the augmentation of audio and decoder input.
    """
    max_offset = (MAX_WINDOW_MS - length_ms) // FRAME_MS
    windows, sequences, offsets, skipped_positions = [], [], [], []
    for _ in range(count):
        window = cut_window(recordings, auxiliary, rng, length_ms, clean=clean)
        offset = 0 if rng.random() < 0.15 else rng.randint(0, max_offset)
        windows.append(window)
        sequence = _decoder_sequence(window, offset, rng.random() < _WITHOUT_TIMESTAMPS_SHARE)
        corrupted = not clean and rng.random() < _CORRUPTED_SHARE
        sequences.append(_corrupt_input(sequence, rng) if corrupted else sequence)
        offsets.append(offset)
        elapsed = offset * FRAME_MS / MAX_WINDOW_MS
        skipped_positions.append(int(elapsed * _TOKENS_PER_WINDOW * rng.uniform(0.6, 1.3)))
    return _stack(windows, sequences, offsets, skipped_positions)


def _decoder_sequence(window: Window, offset: int, without_timestamps: bool) -> _DecoderSequence:
    ids: list[int] = [SOT]
    spans: list[Span] = [None]

    def append(token_id: int, span: Span) -> None:
        ids.append(token_id)
        spans.append(span)

    def append_timestamp(at_ms: int, before_ms: int, after_ms: int) -> None:
        if not without_timestamps:
            is_initial = len(ids) == 1 and not offset
            written_ms = min(at_ms, _MAX_INITIAL_TIMESTAMP_MS) if is_initial else at_ms
            append(timestamp(written_ms, offset), (at_ms - before_ms, at_ms + after_ms))

    if window.absent_sentence is not None:
        first = NO_TIMESTAMPS if without_timestamps else timestamp(0, offset)
        ids = [SOT, first, *window.absent_sentence.ids]
        unlabelled, spanless = [-100] * len(ids), [None] * len(ids)
        return _DecoderSequence(ids, unlabelled, spanless, uniform_targets=True)
    if not window.sentences and window.cut_off_at_ms is None:
        first = NO_TIMESTAMPS if without_timestamps else timestamp(0, offset)
        return _DecoderSequence([SOT, first], [NO_SPEECH, EOT], [None, None])
    if without_timestamps:
        append(NO_TIMESTAMPS, None)
    for sentence in window.sentences:
        append_timestamp(sentence.spans[0][0], 40, 60)
        for token_id, span in zip(sentence.ids, sentence.spans, strict=True):
            append(token_id, span)
        append_timestamp(sentence.spans[-1][0], 60, 60)
    if window.cut_off_at_ms is not None:
        append_timestamp(window.cut_off_at_ms, 40, 60)
    return _DecoderSequence(ids, [*ids[1:], EOT], spans)


def _corrupt_input(sequence: _DecoderSequence, rng: random.Random) -> _DecoderSequence:
    """Replace some input words by random ones.

    So the decoder relies on the audio rather than on the previous words, and recovers from errors.
    """
    words = range(NO_TIMESTAMPS + 1, len(trained_tokens()))
    ids = [
        rng.choice(words) if token in words and rng.random() < _CORRUPTED_WORD_SHARE else token
        for token in sequence.decoder_input_ids
    ]
    return replace(sequence, decoder_input_ids=ids)


def timestamp(at_ms: int, offset: int) -> int:
    """The index of a timestamp token, in a window whose first frame is at `offset`."""
    return len(trained_tokens()) + min(MAX_WINDOW_MS // FRAME_MS, round(at_ms / FRAME_MS) + offset)


def _stack(
    windows: Sequence[Window],
    sequences: Sequence[_DecoderSequence],
    offsets: Sequence[int],
    skipped_positions: Sequence[int],
) -> Batch:
    count, longest = len(sequences), max(len(sequence.decoder_input_ids) for sequence in sequences)
    decoder_input_ids = np.full((count, longest), EOT)
    labels = np.full((count, longest), -100)
    positions = np.zeros((count, longest), np.int64)
    input_spans = np.zeros((count, longest, 2), np.float32)
    label_spans = np.zeros((count, longest, 2), np.float32)
    uniform_targets = np.zeros((count, longest), np.bool_)
    for row, (window, sequence) in enumerate(zip(windows, sequences, strict=True)):
        size = len(sequence.decoder_input_ids)
        decoder_input_ids[row, :size] = sequence.decoder_input_ids
        labels[row, :size] = sequence.labels
        uniform_targets[row, 1:size] = sequence.uniform_targets
        row_positions = skipped_positions[row] + np.arange(1, size)
        positions[row, 1:size] = np.minimum(_TEXT_POSITIONS - 1, row_positions)
        for column, span in enumerate(sequence.spans):
            frames = _frames(span, len(window.tokens))
            if frames is None:
                continue
            input_spans[row, column] = frames
            if column:
                label_spans[row, column - 1] = frames
    return Batch(
        mel=torch.from_numpy(np.stack([window.mel for window in windows])),
        offset=torch.tensor(offsets),
        phonemes=torch.from_numpy(np.stack([window.phonemes for window in windows])),
        frame_tokens=torch.from_numpy(np.stack([window.tokens for window in windows])),
        decoder_input_ids=torch.from_numpy(decoder_input_ids),
        labels=torch.from_numpy(labels),
        positions=torch.from_numpy(positions),
        input_spans=torch.from_numpy(input_spans),
        label_spans=torch.from_numpy(label_spans),
        uniform_targets=torch.from_numpy(uniform_targets),
    )


def _frames(span: Span, frames: int) -> tuple[float, float] | None:
    """A span in frames, at least two long and half a frame wider; None if outside the window."""
    if span is None:
        return None
    start, end = span[0] / FRAME_MS, span[1] / FRAME_MS
    first, last = max(0.0, start - 0.5), min(frames, max(end, start + 2) + 0.5)
    return (first, last) if last - first >= 1 else None

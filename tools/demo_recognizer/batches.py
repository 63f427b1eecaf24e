"""Windows put together as one batch of tensors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from sounds import Sounds
from tokens import EOT, NO_SPEECH, NO_TIMESTAMPS, SOT, known_tokens
from torch import Tensor
from windows import FRAME_MS, LONGEST_MS, Labelled, Window, cut_window

Span = tuple[int, int] | None
_NO_TIMES_SHARE = 0.3
_GARBLED_SHARE, _GARBLED_WORDS = 0.5, 0.12
_LATEST_FIRST_MS = 1000  # stock decoding allows no later first timestamp
_TEXT_POSITIONS = 448
_TOKENS_A_WINDOW = 110  # of usual speech in 30 s


@dataclass(frozen=True)
class Batch:
    """Tensors of B windows, F frames and U tokens.

    Attributes:
        mel: Network input; shape (B, 2F, 80).
        offset: Encoder position of the first frame; shape (B,).
        phonemes: Frame labels; shape (B, F).
        heard: Token heard in each frame; shape (B, F).
        read: Tokens that the decoder reads; shape (B, U).
        answer: Token it should answer to each, or -100; shape (B, U).
        position: Decoder positions; shape (B, U).
        now: Frames (first, last) in which the token read is heard; shape (B, U, 2).
        following: Frames in which the answer is heard; shape (B, U, 2). Empty where unknown.
        lost: Where all tokens should be equally likely; shape (B, U).
    """

    mel: Tensor
    offset: Tensor
    phonemes: Tensor
    heard: Tensor
    read: Tensor
    answer: Tensor
    position: Tensor
    now: Tensor
    following: Tensor
    lost: Tensor


@dataclass(frozen=True)
class _Line:
    """What the decoder reads and answers over one window."""

    read: list[int]
    answer: list[int]
    spans: list[Span]
    lost: bool = False


def make_batch(
    takes: Sequence[Labelled],
    sounds: Sounds,
    chance: random.Random,
    *,
    length_ms: int,
    count: int,
    plain: bool = False,
) -> Batch:
    """`count` random windows of `length_ms`; those under 30 s lie anywhere in Whisper's 30 s."""
    spare = (LONGEST_MS - length_ms) // FRAME_MS
    windows, lines, offsets, shifts = [], [], [], []
    for _ in range(count):
        window = cut_window(takes, sounds, chance, length_ms, plain=plain)
        offset = 0 if chance.random() < 0.15 else chance.randint(0, spare)
        windows.append(window)
        line = _write_line(window, offset, chance.random() < _NO_TIMES_SHARE)
        garbled = not plain and chance.random() < _GARBLED_SHARE
        lines.append(_garble(line, chance) if garbled else line)
        offsets.append(offset)
        passed = offset * FRAME_MS / LONGEST_MS
        shifts.append(int(passed * _TOKENS_A_WINDOW * chance.uniform(0.6, 1.3)))
    return _stack(windows, lines, offsets, shifts)


def _write_line(window: Window, offset: int, no_times: bool) -> _Line:
    read: list[int] = [SOT]
    spans: list[Span] = [None]

    def put(number: int, span: Span) -> None:
        read.append(number)
        spans.append(span)

    def put_time(at_ms: int, before_ms: int, after_ms: int) -> None:
        if not no_times:
            shown_ms = min(at_ms, _LATEST_FIRST_MS) if len(read) == 1 and not offset else at_ms
            put(timestamp(shown_ms, offset), (at_ms - before_ms, at_ms + after_ms))

    if window.other is not None:
        first = NO_TIMESTAMPS if no_times else timestamp(0, offset)
        lost = [SOT, first, *window.other.numbers]
        return _Line(lost, [-100] * len(lost), [None] * len(lost), lost=True)
    if not window.sentences and window.cut_at_ms is None:
        first = NO_TIMESTAMPS if no_times else timestamp(0, offset)
        return _Line([SOT, first], [NO_SPEECH, EOT], [None, None])
    if no_times:
        put(NO_TIMESTAMPS, None)
    for sentence in window.sentences:
        put_time(sentence.spans[0][0], 40, 60)
        for number, span in zip(sentence.numbers, sentence.spans, strict=True):
            put(number, span)
        put_time(sentence.spans[-1][0], 60, 60)
    if window.cut_at_ms is not None:
        put_time(window.cut_at_ms, 40, 60)
    return _Line(read, [*read[1:], EOT], spans)


def _garble(line: _Line, chance: random.Random) -> _Line:
    """Some words read are not what was said: the decoder must listen, and go on after an error."""
    words = range(NO_TIMESTAMPS + 1, len(known_tokens()))
    read = [
        chance.choice(words) if number in words and chance.random() < _GARBLED_WORDS else number
        for number in line.read
    ]
    return replace(line, read=read)


def timestamp(at_ms: int, offset: int) -> int:
    """The number of a timestamp token, in a window whose first frame is `offset`."""
    return len(known_tokens()) + min(LONGEST_MS // FRAME_MS, round(at_ms / FRAME_MS) + offset)


def _stack(
    windows: Sequence[Window], lines: Sequence[_Line], offsets: Sequence[int], shifts: Sequence[int]
) -> Batch:
    count, longest = len(lines), max(len(line.read) for line in lines)
    read = np.full((count, longest), EOT)
    answer = np.full((count, longest), -100)
    position = np.zeros((count, longest), np.int64)
    now = np.zeros((count, longest, 2), np.float32)
    following = np.zeros((count, longest, 2), np.float32)
    lost = np.zeros((count, longest), np.bool_)
    for row, (window, line) in enumerate(zip(windows, lines, strict=True)):
        size = len(line.read)
        read[row, :size], answer[row, :size] = line.read, line.answer
        lost[row, 1:size] = line.lost
        places = shifts[row] + np.arange(1, size)
        position[row, 1:size] = np.minimum(_TEXT_POSITIONS - 1, places)
        for column, span in enumerate(line.spans):
            frames = _frames(span, len(window.tokens))
            if frames is None:
                continue
            now[row, column] = frames
            if column:
                following[row, column - 1] = frames
    return Batch(
        mel=torch.from_numpy(np.stack([window.mel for window in windows])),
        offset=torch.tensor(offsets),
        phonemes=torch.from_numpy(np.stack([window.phonemes for window in windows])),
        heard=torch.from_numpy(np.stack([window.tokens for window in windows])),
        read=torch.from_numpy(read),
        answer=torch.from_numpy(answer),
        position=torch.from_numpy(position),
        now=torch.from_numpy(now),
        following=torch.from_numpy(following),
        lost=torch.from_numpy(lost),
    )


def _frames(span: Span, frames: int) -> tuple[float, float] | None:
    """A span as frames, at least two and widened by half of one; None if it isn't heard."""
    if span is None:
        return None
    start, end = span[0] / FRAME_MS, span[1] / FRAME_MS
    first, last = max(0.0, start - 0.5), min(frames, max(end, start + 2) + 0.5)
    return (first, last) if last - first >= 1 else None

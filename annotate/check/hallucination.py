"""Detection of hallucinations: repeated text, and words where no speech was detected."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

_LONGEST_ROUND = 10
"""Loops of more words than this show in the compression ratio."""

_SLACK_MS = 500
"""Word times and speech activity may disagree by this much."""


def longest_loop(words: Sequence[str]) -> int:
    """How many words the longest loop has: one to ten words, repeated at once several times.

    `a big big red cat` has a loop of 2 words, `it is it is it is` one of 6; 0 if there is none.
    """
    longest = 0
    for length in range(1, min(_LONGEST_ROUND, len(words) // 2) + 1):
        same = 0
        for word, again in zip(words, words[length:], strict=False):
            same = same + 1 if word == again else 0
            if same >= length:
                longest = max(longest, same + length)
    return longest


def share_outside(words: Sequence[tuple[int, int]], speech: Sequence[tuple[int, int]]) -> float:
    """The fraction of words whose middle is outside all speech, with some slack.

    Args:
        words: Start and end of each word, in milliseconds.
        speech: Start and end of the stretches of speech, in order and without overlap.
    """
    starts = [start_ms for start_ms, _ in speech]
    outside = 0
    for start_ms, end_ms in words:
        middle_ms = (start_ms + end_ms) / 2
        near = bisect_right(starts, middle_ms + _SLACK_MS) - 1
        outside += near < 0 or middle_ms > speech[near][1] + _SLACK_MS
    return outside / len(words) if words else 0.0

"""A window's tokens to its segments, and where to listen again, as openai-whisper decides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FRAME_MS = 20
"""What one timestamp is from the next."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of a window: its text's tokens, and its own timestamps on the window's clock."""

    start_ms: int
    end_ms: int
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a window holds.

    Attributes:
        whole: Segments that were heard to their end.
        rest: One that wasn't, if any: its end may lie beyond what was decoded.
        finished: Whether the tokens say that nothing follows the last segment.
    """

    whole: tuple[Piece, ...]
    rest: Piece | None
    finished: bool

    @property
    def all(self) -> tuple[Piece, ...]:
        """Every segment, the unfinished one too."""
        return self.whole if self.rest is None else (*self.whole, self.rest)


def cut(tokens: Sequence[int], times: int, end: int, length_ms: int) -> Pieces:
    """Cut at each pair of timestamps.

    Args:
        times: The first timestamp token; `end` the token that ends a text, of which all smaller
            ones are words.
        length_ms: Of the window; a last segment without a timestamp of its own ends with it.
    """
    is_time = [token >= times for token in tokens]
    pairs = [index + 1 for index, both in enumerate(pairwise(is_time)) if all(both)]
    finished = is_time[-2:] == [False, True]
    found = []
    for first, last in pairwise([0, *pairs, len(tokens)]):
        part = tokens[first:last]
        stamps = [(token - times) * FRAME_MS for token in part if token >= times]
        start_ms = min(stamps[0], length_ms) if stamps else 0
        end_ms = min(stamps[-1], length_ms) if len(stamps) > 1 else length_ms
        words = tuple(token for token in part if token < end)
        found.append(Piece(start_ms, max(start_ms, end_ms), words))
    rest = found.pop() if found and not finished else None
    whole = tuple(piece for piece in found if piece.tokens)
    return Pieces(whole, rest if rest and rest.tokens else None, finished)

"""Where the words of an edited caption come from: kept ones keep their lineage."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from rapidfuzz.distance import LCSseq

from annotate.model.tables import LINEAGE

_WORD = re.compile(r"\S+")


def reattach(text: str, lineage: Sequence[Mapping[str, Any]], edited: str) -> list[dict[str, Any]]:
    """The lineage of `edited`, one entry a word, in order.

    A word counts as kept if it is the same but for case and punctuation, and if it stands in the
    longest run of words, in order, that both texts have. Every other word is the reviewer's own.

    Args:
        text: The caption as it was offered.
        lineage: Its lineage.
    """
    before = [_key(text[entry["start_char"] : entry["end_char"]]) for entry in lineage]
    spans = [match.span() for match in _WORD.finditer(edited)]
    after = [_key(edited[start:end]) for start, end in spans]
    result = [_entry(span) for span in spans]
    for block in LCSseq.opcodes(before, after):
        if block.tag != "equal":
            continue
        for old, new in zip(
            range(block.src_start, block.src_end),
            range(block.dest_start, block.dest_end),
            strict=True,
        ):
            start_char, end_char = spans[new]
            result[new] = {**lineage[old], "start_char": start_char, "end_char": end_char}
    return result


def changed_frac(before: str, after: str) -> float:
    """The share of words, of both texts together, that the other lacks: from 0 to 1."""
    ours, theirs = ([_key(word) for word in text.split()] for text in (before, after))
    total = len(ours) + len(theirs)
    return 1 - 2 * LCSseq.similarity(ours, theirs) / total if total else 0.0


def _entry(span: tuple[int, int]) -> dict[str, Any]:
    unknown: dict[str, Any] = dict.fromkeys(LINEAGE)
    return {**unknown, "start_char": span[0], "end_char": span[1], "kind": "edited"}


def _key(word: str) -> str:
    """Letters and digits, without case; a word with none of them as it is."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(char for char in folded if char.isalnum()) or word
